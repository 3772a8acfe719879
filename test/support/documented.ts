// Holds what the tests see of a server to the OpenAPI document that this server gives out.
import {
  createExchangeCheck,
  type Exchange,
  type ExchangeCheck,
  type OpenApi,
} from "@ringback/openapi-check";
import type { ReceivedRequest } from "./receiver.ts";

/** All servers of one run are of one version, so the first document that is got serves for all. */
let known: ExchangeCheck | null = null;

/** Throws with every way in which the exchange is not what the document says. */
export async function expectDocumented(url: string, exchange: Exchange): Promise<void> {
  const check = await checkOf(url);
  if (check === null) return;
  const problems = check.problemsOf(exchange);
  if (problems.length > 0) throw new Error(`not what /openapi.json says:\n${problems.join("\n")}`);
}

/** What is wrong with a request that the server sent to a receiver. */
export async function webhookProblems(url: string, request: ReceivedRequest): Promise<readonly string[]> {
  const body = request.body.toString("utf8");
  const { type } = JSON.parse(body) as { readonly type: string };
  const check = await checkOf(url);
  return (
    check?.problemsOfWebhook({ type, headers: new Headers(request.headers), body }) ?? ["the server is gone"]
  );
}

/** Null when the server was killed right after its answer, as some tests do, before any document was got. */
async function checkOf(url: string): Promise<ExchangeCheck | null> {
  if (known !== null) return known;
  const response = await fetch(new URL("/openapi.json", url)).catch(() => null);
  if (response === null) return null;
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`);
  known = createExchangeCheck((await response.json()) as OpenApi);
  return known;
}
