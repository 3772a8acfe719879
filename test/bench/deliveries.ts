// Deliveries per second of one lane, with every attempt recorded, against a bare undici loop that posts the same signed
// bytes with the same concurrency to the same receiver.
import { Pool } from "undici";
import { makeId, type LaneTurn } from "@ringback/core";
import { createAddressGuard, createDispatcher, parseAllowNetworks } from "@ringback/dispatcher";
import { makeSecret } from "@ringback/signature";
import { startChild } from "./child.ts";
import { clock, log, openBenchStore, random, type BenchStore } from "./ground.ts";
import { paired, type Paired } from "./rounds.ts";

const concurrency = 32;
const perRound = 4_000;
const rounds = 5;
const tenantId = "default";
const secret = makeSecret((count) => random.bytes(count));

export async function measureDeliveries(): Promise<Paired> {
  const receiver = await startChild("receiver.ts", []);
  const bench = await openBenchStore();
  await bench.store.tenants.ensureTenant({ id: tenantId, callbackSecret: secret }, clock.now());
  const sample = { body: "", headers: {} as Record<string, string> };
  try {
    return await paired(
      rounds,
      async () => {
        await owe(bench, receiver.url);
        return await serveLane(bench, receiver.url, sample);
      },
      () => postBare(receiver.url, sample),
    );
  } finally {
    await bench.close();
    await receiver.stop();
  }
}

/** Ends `perRound` jobs whose callback is the receiver, so that as many deliveries are due in its lane. */
async function owe(bench: BenchStore, url: string): Promise<void> {
  const { intake, runs } = bench.store;
  const now = clock.now();
  const origin = new URL(url).origin;
  const callback = { url: `${url}/callback`, events: ["job.succeeded"], headers: {}, secret };
  await Promise.all(
    Array.from({ length: perRound }, () => ({
      job: {
        tenantId,
        id: makeId("job", now, random),
        kind: "noop",
        input: '{"n":1}',
        metadata: {},
        priority: 0,
        runAt: null,
        runTimeoutMs: 60_000,
        queueTimeoutMs: null,
        maxRuns: 1,
        resultTtlMs: 86_400_000,
        callback,
        traceparent: null,
      },
      receiver: { origin, host: new URL(url).host },
      idempotency: null,
    })).map((item) => intake.acceptJobs([item], now)),
  );
  const result = {
    contentType: "application/json",
    body: new TextEncoder().encode(JSON.stringify("r".repeat(300))),
  };
  for (;;) {
    const claimed = await runs.claim({ holder: "bench", kinds: ["noop"], limit: 500, now, leaseMs: 60_000 });
    if (claimed.length === 0) return;
    await runs.end(
      claimed.map(({ jobId, token }) => ({
        tenantId,
        jobId,
        token,
        outcome: { kind: "succeeded", result, resultUrl: null },
      })),
      now,
    );
  }
}

async function serveLane(
  bench: BenchStore,
  url: string,
  sample: { body: string; headers: Record<string, string> },
): Promise<number> {
  const { lanes } = bench.store;
  const parsed = parseAllowNetworks("127.0.0.0/8");
  if ("problems" in parsed) throw new Error(parsed.problems.join());
  const guard = createAddressGuard({
    allowNetworks: parsed.networks,
    allowHttp: false,
    ownAddresses: () => [],
    clock,
  });
  let recorded = 0;
  const dispatcher = createDispatcher({
    lanes: {
      claim: (options) => lanes.claim(options),
      extend: (held, options) => lanes.extend(held, options),
      release: (held, now) => lanes.release(held, now),
      claimDeliveries: async (lane, options) => {
        const claimed = await lanes.claimDeliveries(lane, options);
        if (claimed.kind === "claimed" && claimed.deliveries[0] !== undefined)
          sample.body = claimed.deliveries[0].body;
        return claimed;
      },
      recordAttempts: async (items, now) => {
        const answers = await lanes.recordAttempts(items, now);
        recorded += items.filter((item) => item.ended.outcome === "delivered").length;
        sample.headers = { ...(items[0]?.request?.headers ?? sample.headers) };
        return answers;
      },
    },
    guard,
    clock,
    random,
    log,
    userAgent: "Ringback/bench",
    settings: { laneConcurrency: concurrency },
  });
  const [lane] = await lanes.claim({ holder: "bench", limit: 1, now: clock.now(), leaseMs: 60_000 });
  if (lane === undefined) throw new Error(`no lane is due for ${url}`);
  const turn: LaneTurn = {
    lane,
    drain: new AbortController().signal,
    lost: new AbortController().signal,
    rung: async () => false,
  };
  const startedMs = performance.now();
  await dispatcher.serve(turn);
  const seconds = (performance.now() - startedMs) / 1_000;
  await lanes.release([lane], clock.now());
  await dispatcher.stop();
  if (recorded !== perRound) throw new Error(`${recorded} of ${perRound} deliveries were delivered`);
  return perRound / seconds;
}

async function postBare(
  url: string,
  sample: { body: string; headers: Record<string, string> },
): Promise<number> {
  const pool = new Pool(url, { connections: concurrency, pipelining: 1 });
  let left = perRound;
  const startedMs = performance.now();
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await pool.request({
        path: "/callback",
        method: "POST",
        headers: sample.headers,
        body: sample.body,
      });
      await answer.body.dump();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  const seconds = (performance.now() - startedMs) / 1_000;
  await pool.close();
  return perRound / seconds;
}
