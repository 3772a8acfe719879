// Dead letters in numbers: jobs that are told to an endpoint which gives up after one attempt.
import type { ApiClient } from "./api-client.ts";
import { waitUntil } from "./wait-until.ts";

/** What the list of dead letters shows of one. */
export interface DeadLetterJson {
  readonly id: string;
  readonly state: string;
  readonly status: string;
  readonly host: string;
  readonly code: string;
  readonly reason: string;
  readonly diedAt: string;
  readonly eventId: string;
  readonly jobId: string;
  readonly expiresAt?: string;
  readonly discardReason?: string;
  readonly note?: string;
}

export interface ReplayJson {
  readonly id: string;
  readonly status: string;
  readonly done: boolean;
  readonly version: number;
  readonly counts: Readonly<
    Record<"total" | "waiting" | "underWay" | "delivered" | "failed" | "skipped", number>
  >;
}

/** An endpoint that hears only of the jobs that name it; its id. */
export async function endpointThatGivesUp(client: ApiClient, url: string): Promise<string> {
  const body = { url, events: ["endpoint.test"], retry: [] };
  return ((await client.expect(201, "/v1/endpoints", { method: "POST", body })).json as { id: string }).id;
}

/** So many jobs of that kind whose deliveries have died; the receiver must refuse them. The last to die first. */
export async function manyDeadLetters(
  client: ApiClient,
  { count, endpointId, kind }: { readonly count: number; readonly endpointId: string; readonly kind: string },
): Promise<readonly DeadLetterJson[]> {
  const path = `/v1/dead-letters?endpointId=${endpointId}&limit=200`;
  const before = (await client.listAll<DeadLetterJson>(path)).length;
  const jobs = Array.from({ length: count }, (_, n) => ({ kind, input: n, callback: { endpointId } }));
  await client.expect(202, "/v1/jobs/batch", { method: "POST", body: { jobs } });
  return waitUntil(() => client.listAll<DeadLetterJson>(path), {
    holds: (letters) => letters.length === before + count,
    timeoutMs: 15_000,
    what: `${count} dead letters`,
  });
}

export async function beginReplay(client: ApiClient, body: object): Promise<ReplayJson> {
  const asked = { reason: "the receiver was repaired", ...body };
  return (await client.expect(202, "/v1/replays", { method: "POST", body: asked })).json as ReplayJson;
}

/** Polls with the ETag, as a client would, until `holds`. */
export async function replayThat(
  client: ApiClient,
  id: string,
  {
    holds,
    what,
    timeoutMs = 10_000,
  }: {
    readonly holds: (replay: ReplayJson) => boolean;
    readonly what: string;
    readonly timeoutMs?: number;
  },
): Promise<ReplayJson> {
  let etag = "";
  let last: ReplayJson | null = null;
  const look = async (): Promise<ReplayJson | null> => {
    const answer = await client.call(`/v1/replays/${id}`, { headers: { "if-none-match": etag } });
    if (answer.status === 200) last = answer.json as ReplayJson;
    etag = answer.headers.get("etag") ?? etag;
    return last;
  };
  const found = await waitUntil(look, {
    holds: (replay) => replay !== null && holds(replay),
    timeoutMs,
    what: `replay that ${what}`,
  });
  if (found === null) throw new Error("there is no replay");
  return found;
}
