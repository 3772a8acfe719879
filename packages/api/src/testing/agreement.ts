// Holds every answer that a test sees to the app's own OpenAPI document.
import type { Hono } from "hono";
import { createExchangeCheck, type ExchangeCheck, type OpenApi } from "@ringback/openapi-check";

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** A JSON body; null for another one, or none. */
  readonly body: string | null;
}

/** All houses have the same routes, so one document serves the tests of a file. */
let known: Promise<ExchangeCheck> | null = null;

/** Throws with every way in which the answer is not what the document says; the answer can still be read afterwards. */
export async function expectDocumented(app: Hono, asked: Asked, response: Response): Promise<void> {
  known ??= checkOf(app);
  const { problemsOf } = await known;
  const isStream = response.headers.get("content-type") === "text/event-stream";
  const problems = problemsOf({
    method: asked.method,
    path: asked.path,
    requestBody: asked.body,
    status: response.status,
    headers: response.headers,
    body: isStream ? null : await response.clone().text(),
  });
  if (problems.length > 0) throw new Error(`not what /openapi.json says:\n${problems.join("\n")}`);
}

async function checkOf(app: Hono): Promise<ExchangeCheck> {
  const response = await app.request("/openapi.json");
  return createExchangeCheck((await response.json()) as OpenApi);
}
