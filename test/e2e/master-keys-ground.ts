// What the tests of master keys ask of servers and receivers: readiness, metrics, and that each callback is what it should be.
import { createHash, randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { ReceivedRequest, Receiver } from "../support/receiver.ts";
import type { ServerHome } from "../support/server-process.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { waitUntil } from "../support/wait-until.ts";
import { whsec } from "../support/whsec.ts";

export const makeKey = (): string => randomBytes(32).toString("base64");
export const kidOf = (key: string): string =>
  createHash("sha256").update(Buffer.from(key, "base64")).digest("hex").slice(0, 8);
export const own = whsec("a job's own");

export async function readyz(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(`${url}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

export async function waitForReady(url: string): Promise<void> {
  const wait = { holds: (seen: { status: number }) => seen.status === 200, timeoutMs: 20_000, what: "200" };
  await waitUntil(() => readyz(url), wait);
}

/** How many rows still need this key; null when the process does not speak of it. */
export async function rowsOf(home: ServerHome, url: string, kid: string): Promise<number | null> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${home.apiKey}` } });
  const [, rows] =
    new RegExp(`^ringback_other_key_rows\\{kid="${kid}"\\} (\\d+)$`, "m").exec(await answer.text()) ?? [];
  return rows === undefined ? null : Number(rows);
}

export interface Senders {
  readonly tenant: string;
  readonly endpoint: string;
}

/** Everything that is sealed with the first key: the tenant's secret, an endpoint's, its headers, and later jobs' own. */
export async function register(
  { client }: ServerHome,
  receiver: Receiver,
): Promise<Senders & { readonly id: string }> {
  const { secret: tenant } = (await client.expect(200, "/v1/callback-secret")).json as { secret: string };
  const body = {
    url: `${receiver.origin}/endpoint`,
    events: ["job.succeeded"],
    headers: { "x-receiver-key": "sesame" },
  };
  const made = await client.expect(201, "/v1/endpoints", { method: "POST", body });
  const { id, secret: endpoint } = made.json as { id: string; secret: string };
  return { tenant, endpoint, id };
}

/** Why a callback is not what it should be; null when its signature and headers hold. */
export function whyWrong(request: ReceivedRequest, senders: Senders): string | null {
  if (request.path === "/endpoint") {
    if (request.headers["x-receiver-key"] !== "sesame") return "the endpoint's header is missing";
    return whyUnverified(request, senders.endpoint);
  }
  return whyUnverified(request, request.path === "/own" ? own : senders.tenant);
}

/** Each job's callbacks, its own and the endpoint's, have arrived, and every request that came is right. */
export async function expectAllDelivered(
  receiver: Receiver,
  jobIds: readonly string[],
  senders: Senders,
): Promise<void> {
  const jobOf = ({ body }: ReceivedRequest): string =>
    (JSON.parse(body.toString("utf8")) as { data: { id: string } }).data.id;
  await waitUntil(
    async () => {
      const byPath = Map.groupBy(receiver.requests, (request) => request.path === "/endpoint");
      const missing = [true, false].map((isEndpoint) => {
        const arrived = new Set((byPath.get(isEndpoint) ?? []).map(jobOf));
        return jobIds.filter((id) => !arrived.has(id)).length;
      });
      return missing;
    },
    { holds: (missing) => missing.every((count) => count === 0), timeoutMs: 20_000, what: "all callbacks" },
  );
  expect(
    receiver.requests.map((request) => whyWrong(request, senders)).filter((why) => why !== null),
  ).toEqual([]);
}
