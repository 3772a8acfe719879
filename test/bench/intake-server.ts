// The server of the intake benchmark: the api's own route, with the real store or with one that remembers nothing.
import { createHash } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { createApi } from "@ringback/api";
import {
  createKinds,
  defineJob,
  parseApiKey,
  type JobWithPayloads,
  type NewJob,
  type Store,
} from "@ringback/core";
import { makeSecret } from "@ringback/signature";
import { clock, log, openBenchStore, openGuard, random } from "./ground.ts";

const [mode = "store", apiKey = ""] = process.argv.slice(2);
const { store, close } = await openBenchStore();
await store.tenants.ensureTenant({ id: "default", callbackSecret: makeSecret(random.bytes) }, clock.now());
await store.tenants.putKeys(
  [
    {
      tenantId: "default",
      id: "key_bench",
      lookup: parseApiKey(apiKey)?.lookup ?? "",
      hash: createHash("sha256").update(apiKey).digest("hex"),
      scopes: ["admin"],
      expiresAt: null,
    },
  ],
  clock.now(),
);

const { app } = createApi({
  store: mode === "store" ? store : forgetful(store),
  kinds: createKinds([defineJob({ kind: "noop", run: () => null })]),
  guard: openGuard,
  clock,
  random,
  log,
  version: "bench",
  tokenKey: random.bytes(32),
  publicUrl: () => "http://127.0.0.1",
  headerProblem: () => null,
  readiness: async () => ({ ready: true, checks: {} }),
  settings: {
    bodyBytesMax: 262_144,
    idempotencyTtlMs: 86_400_000,
    requestsPerMinute: 100_000_000,
    tenantUnfinishedMax: 100_000_000,
    backlogMax: 100_000_000,
  },
});
const server = createAdaptorServer({ fetch: app.fetch }) as Server;
server.listen(0, "127.0.0.1", () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
for (const end of ["SIGTERM", "disconnect"]) process.on(end, () => void close().then(() => process.exit(0)));

/** Answers at once with the job as it would be, and keeps nothing; everything else is the real store's. */
function forgetful(real: Store): Store {
  return {
    ...real,
    reads: real.reads,
    tenants: real.tenants,
    intake: {
      ...real.intake,
      acceptJobs: async (items, now) => items.map(({ job }) => ({ kind: "accepted", job: queued(job, now) })),
    },
  };
}

function queued(job: NewJob, now: number): JobWithPayloads {
  return {
    ...job,
    status: "queued",
    progress: null,
    error: null,
    runs: 0,
    callback: null,
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    version: 1,
    result: null,
  };
}
