// Deliveries that are owed: endpoints at the counting receiver, each with so many deliveries due, as real ones are and in bulk.
// While an endpoint is paused nothing of it is sent; to resume it starts a round.
import type { Child } from "../children/child.ts";
import type { Counted, Sample } from "../children/receiver.ts";
import type { House, Server } from "../house/house.ts";
import type { Api } from "../load/api.ts";
import { pagesOf } from "../load/pages.ts";
import { waitUntil } from "../../support/wait-until.ts";

export interface Owing {
  readonly receiver: Child;
  readonly endpoints: number;
  readonly perEndpoint: number;
  /** Deliveries that have ended and lie in the same tables. */
  readonly past: number;
  /** Every so manieth of them is dead. */
  readonly deadEvery?: number;
  /** Whether all of them have had their time. */
  readonly isOver?: boolean;
  readonly arePaused: boolean;
}

export interface Owed {
  readonly endpointIds: readonly string[];
  /** A real callback as it arrived at the receiver: signed bytes with their headers. */
  readonly sample: Sample;
}

/** Starts the house's server to make what only it can make, stops it, and puts the rest into its tables. */
export async function oweDeliveries(house: House, owing: Owing): Promise<Owed> {
  const { receiver, endpoints, perEndpoint, past, deadEvery = 20, isOver = false, arePaused } = owing;
  const url = `${String(receiver.told)}/callback`;
  const server = await house.start();
  const sample = await realCallback(server, receiver, url);
  const endpointIds: string[] = [];
  for (let made = 0; made < endpoints; made += 1) {
    const id = await createEndpoint(server.api, url);
    if (arePaused) await server.api.post(`/v1/endpoints/${id}/pause`);
    endpointIds.push(id);
  }
  await server.stop();
  const { data } = JSON.parse(sample.body) as { readonly data: { readonly id: string } };
  await house.addRows({
    now: Date.now(),
    past,
    deadEvery,
    isOver,
    owed: endpointIds.map((endpointId) => ({ endpointId, url, count: perEndpoint })),
    sample: { body: sample.body, jobId: data.id },
  });
  return { endpointIds, sample };
}

/** An endpoint that hears only of the jobs whose callback names it. */
export async function createEndpoint(api: Api, url: string, over: object = {}): Promise<string> {
  return (await api.post<{ readonly id: string }>("/v1/endpoints", { url, ...over }, 201)).id;
}

async function realCallback({ api }: Server, receiver: Child, url: string): Promise<Sample> {
  await receiver.ask("keepNext");
  await receiver.ask("expect", 1);
  const endpointId = await createEndpoint(api, url);
  const job = { kind: "bench.noop", input: { n: 1 }, metadata: { order: "A-1" }, callback: { endpointId } };
  await api.post("/v1/jobs", job, 202);
  await receiver.ask("counted");
  const sample = await receiver.ask<Sample | null>("sample");
  if (sample === null) throw new Error("the receiver has kept no callback");
  await allRecorded(api, endpointId);
  return sample;
}

/** Resumes the endpoint; deliveries per second from the first to the last that the receiver sees. All are recorded then. */
export async function deliverAll(
  { api }: Server,
  receiver: Child,
  { endpointId, count }: { readonly endpointId: string; readonly count: number },
): Promise<number> {
  await receiver.ask("expect", count);
  await api.post(`/v1/endpoints/${endpointId}/resume`);
  const { ms } = await receiver.ask<Counted>("counted");
  await allRecorded(api, endpointId);
  return (count - 1) / (ms / 1_000);
}

const recordedWithinMs = 10_000;

async function allRecorded(api: Api, endpointId: string): Promise<void> {
  const path = `/v1/deliveries?endpointId=${endpointId}&status=pending`;
  await waitUntil(() => isFound(api, path), {
    holds: (anyPending) => !anyPending,
    timeoutMs: recordedWithinMs,
    what: "record of every delivery",
  });
}

/** Whether the list has anything: a page that is empty may still say where to go on. */
async function isFound(api: Api, path: string): Promise<boolean> {
  for await (const { found } of pagesOf(api, path)) if (found > 0) return true;
  return false;
}
