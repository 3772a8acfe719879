// The house that the document's examples are asked in: one of everything they speak of.
import { eventBody, jobToJson, noLimits, resultTtlDefaultMs } from "@ringback/core";
import { createHouse, type House } from "./house.ts";
import { aDeadLetter, aDelivery, aJob, aReplay, aResult, anAttempt, anEndpoint, ids } from "./rows.ts";

export function createExampleHouse(): House {
  const house = createHouse();
  const { store, clock } = house;
  const at = clock.now() - 2_000;
  const callback = {
    url: "https://receiver.example/in",
    endpointId: null,
    deliveries: { pending: 0, delivered: 0, dead: 1, canceled: 0 },
  };
  const over = {
    createdAt: at,
    startedAt: at + 300,
    finishedAt: at + 1_500,
    expiresAt: at + 1_500 + resultTtlDefaultMs,
    runs: 1,
  };
  const done = { ...over, metadata: { team: "blue" }, input: '{"pages":5}', callback };
  const succeeded = aJob({ ...aResult('{"pages":5}'), ...done });
  store.jobs.set(ids.job, succeeded);
  store.jobs.set(ids.queuedJob, aJob({ id: ids.queuedJob, input: "1", createdAt: clock.now() }));
  const running = { id: ids.runningJob, status: "running", runs: 1, version: 2 } as const;
  store.jobs.set(ids.runningJob, aJob({ ...running, createdAt: at, startedAt: at + 300 }));
  store.tokens.set(ids.runningJob, 1);
  const error = { code: "handler_error", message: "The upstream is gone.", run: 1 } as const;
  store.jobs.set(ids.failedJob, aJob({ ...over, id: ids.failedJob, status: "failed", error, version: 3 }));
  const expiresAt = clock.now() - 1_000;
  const gone = { ...over, status: "succeeded", version: 3, finishedAt: expiresAt - 1, expiresAt } as const;
  store.jobs.set(ids.expiredJob, aJob({ ...gone, id: ids.expiredJob, erasedAt: expiresAt }));
  const erased = { ...aResult("1"), ...over, id: ids.erasedJob, version: 4, result: null };
  store.jobs.set(ids.erasedJob, aJob({ ...erased, resultErasedAt: at + 1_800 }));
  const endpoint = { url: "https://receiver.example/in?token=secret", headers: { "x-team": "blue" } };
  store.endpoints.set(ids.endpoint, anEndpoint(endpoint));
  const url = "https://receiver.example/in";
  const delivery = aDelivery({ url, host: "receiver.example" });
  const request = {
    headers: { "content-type": "application/json", "webhook-id": ids.event },
    bodyBytes: 512,
  };
  const response = {
    status: 500,
    headers: { "content-type": "text/plain" },
    body: Buffer.from("out of order"),
    truncated: false,
  };
  store.deliveries.set(ids.delivery, { delivery, attempts: [anAttempt({ url, request, response })] });
  store.deadLetters.set(ids.delivery, aDeadLetter(delivery));
  const group = {
    host: "receiver.example",
    code: "http_5xx",
    httpStatus: 500,
    sampleId: ids.delivery,
  } as const;
  store.deadLetterGroups.push({
    ...group,
    count: 1,
    firstAt: delivery.createdAt,
    lastAt: delivery.createdAt,
  });
  store.replayRows.set(ids.replay, aReplay());
  const ended = { status: "completed", finishedAt: delivery.createdAt, version: 9 } as const;
  store.replayRows.set(ids.endedReplay, aReplay({ id: ids.endedReplay, ...ended }));
  store.events.push({
    tenantId: "mine",
    id: ids.event,
    seq: 1,
    type: "job.succeeded",
    jobId: ids.job,
    createdAt: at + 1_500,
    body: eventBody(
      "job.succeeded",
      at + 1_500,
      jobToJson(succeeded, { resultUrl: null, resultBytesMax: 20_000 }),
    ),
  });
  addTenant(house);
  return house;
}

/** Beside the operator's own: a tenant with a key, and what somebody has done to an endpoint. */
function addTenant({ store, clock, makeKey }: House): void {
  const at = clock.now() - 60_000;
  store.tenantRows.set(ids.tenant, {
    id: ids.tenant,
    name: "Initech",
    limits: { ...noLimits, unfinishedMax: 500 },
    createdAt: at,
    updatedAt: at,
  });
  makeKey(ids.tenant, "jobs");
  const [lookup = "", key] = [...store.keys].at(-1) ?? [];
  if (key !== undefined) store.keys.set(lookup, { ...key, id: ids.key, description: "The shop's checkout" });
  const [own] = store.keys.values();
  const by = { tenantId: "mine", keyId: own?.id ?? "" };
  const done = { tenantId: "mine", subject: ids.endpoint, at: clock.now() - 1_000 };
  store.record("endpoint.paused", done, { by, reason: "Maintenance until noon." });
}
