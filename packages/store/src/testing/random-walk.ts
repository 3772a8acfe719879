// Walks through the store's verbs at random, from a seed: whatever the order, the rows must stay true to each other.
import {
  makeId,
  type Act,
  type ClaimedDelivery,
  type ClaimedRun,
  type HeldLane,
  type HeldReplay,
  type Retention,
  type RunOutcome,
} from "@ringback/core";
import {
  leaseMs,
  only,
  succeeded,
  tenantId,
  twoAttempts,
  type Ending,
  type Scene,
  retention,
} from "../conformance/scene.ts";

export interface RandomWalk {
  /** One verb, chosen at random; its name. */
  step(): Promise<string>;
}

const outcomes: readonly RunOutcome[] = [
  succeeded,
  succeeded,
  { kind: "failed", code: "handler_error", message: "no", retryable: true },
  { kind: "released" },
  { kind: "canceled" },
];

const endings: readonly Ending[] = [
  {},
  { code: "http_5xx", policy: twoAttempts },
  { code: "http_5xx", policy: [20_000, 20_000] },
  { code: "connect_refused", policy: [0] },
  { code: "no_retry", status: 400 },
  { code: "gone", status: 410 },
];

/** Short enough that much is over before the walk is. */
const walkRetention: Retention = {
  eventsMs: 60_000,
  deliveriesMs: 30_000,
  deadLettersMs: 90_000,
  tombstonesMs: 1_000,
  attemptBodiesMs: 10_000,
  replaysMs: 20_000,
};

const nobody: Act = { by: null, reason: null };

export async function createRandomWalk(
  scene: Scene,
  unit: () => number,
  { expiring = false }: { readonly expiring?: boolean } = {},
): Promise<RandomWalk> {
  const { store } = scene;
  const endpoints = [await scene.createEndpoint(), await scene.createEndpoint({ events: ["job.failed"] })];
  const jobs: string[] = [];
  const runs: ClaimedRun[] = [];
  const lanes: HeldLane[] = [];
  const claims: { readonly lane: HeldLane; readonly claimed: ClaimedDelivery }[] = [];
  const deliveries: string[] = [];
  const replays: string[] = [];
  const held: HeldReplay[] = [];

  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(unit() * items.length)];
  const draw = <Item>(items: Item[]): Item | undefined =>
    items.splice(Math.floor(unit() * items.length), 1)[0];

  const verbs: Record<string, () => Promise<unknown>> = {
    async submit() {
      const endpointId = pick(endpoints)?.id ?? "";
      const callback = pick([null, undefined, { endpointId, events: ["job.*"] }]);
      const over = {
        ...(callback === undefined ? { maxRuns: 2 } : { callback }),
        resultTtlMs: pick([1_000, 86_400_000]) ?? 0,
        queueTimeoutMs: pick([null, null, 2_000]) ?? null,
      };
      jobs.push((await scene.submit(over)).id);
    },
    claimRuns: async () => runs.push(...(await scene.claimRuns(2))),
    async endRun() {
      const run = draw(runs);
      if (run !== undefined) await scene.endRun(run, pick(outcomes));
    },
    async cancel() {
      const jobId = pick(jobs);
      if (jobId !== undefined) await store.intake.cancelJobs([{ tenantId, jobId }], scene.now());
    },
    claimLanes: async () =>
      lanes.push(...(await store.lanes.claim({ holder: "h", limit: 2, now: scene.now(), leaseMs }))),
    async claimDeliveries() {
      const lane = pick(lanes);
      if (lane === undefined) return;
      const claimed = await store.lanes.claimDeliveries(lane, { now: scene.now(), limit: 3 });
      if (claimed.kind === "lost") lanes.splice(lanes.indexOf(lane), 1);
      for (const one of claimed.kind === "claimed" ? claimed.deliveries : []) {
        claims.push({ lane, claimed: one });
        deliveries.push(one.id);
      }
    },
    async record() {
      const claim = draw(claims);
      if (claim !== undefined) await scene.record(claim.lane, claim.claimed, pick(endings));
    },
    async release() {
      const lane = draw(lanes);
      if (lane !== undefined) await store.lanes.release([lane], scene.now());
    },
    async redeliver() {
      const deliveryId = pick(deliveries);
      if (deliveryId !== undefined) {
        only(await store.support.redeliver([{ tenantId, deliveryId }], scene.now()));
      }
    },
    async discard() {
      const deliveryId = pick(deliveries);
      if (deliveryId !== undefined) await store.support.discard({ tenantId, deliveryId }, "why", scene.now());
    },
    async makeReplay() {
      const filter = pick([{}, { code: "gone" } as const, { host: "example.com" }]) ?? {};
      const plan = { filter, ratePerSecond: 5, order: "oldest", stopAfterFailureRatio: 0.5 } as const;
      const id = makeId("rpl", scene.now(), scene.random);
      const made = await store.replays.create({ ...plan, reason: "why", tenantId, id }, scene.now(), nobody);
      if (made.kind === "created") replays.push(id);
    },
    async changeReplay() {
      const replayId = pick(replays);
      const verb = pick(["pause", "resume", "resume", "cancel"] as const) ?? "pause";
      if (replayId !== undefined) {
        await store.replays.change({ tenantId, replayId }, verb, scene.now(), nobody);
      }
    },
    async stepReplays() {
      const claim = { holder: "h", limit: 9, now: scene.now(), leaseMs, soleHolder: unit() < 0.1 };
      held.push(...(await store.replays.claim(claim)));
      const one = pick(held);
      if (one === undefined) return;
      const step = await store.replays.step(one, { now: scene.now(), leaseMs, limit: 3 });
      if (step.kind !== "working") held.splice(held.indexOf(one), 1);
      if (unit() < 0.1) await store.replays.release(one);
    },
    async pauseOrResume() {
      const key = { tenantId, endpointId: pick(endpoints)?.id ?? "" };
      const status = unit() < 0.3 ? ("paused" as const) : ("active" as const);
      const reason = status === "paused" ? ("operator" as const) : null;
      await store.support.setEndpointStatus(key, { status, reason }, scene.now());
    },
    async eraseResult() {
      const jobId = pick(jobs);
      if (jobId !== undefined) await store.intake.eraseResults([{ tenantId, jobId }], scene.now());
    },
    failUnstarted: () => store.runs.failUnstarted({ now: scene.now(), limit: 2 }),
    expire: () =>
      store.expire({ now: scene.now(), limit: 2, retention: { ...retention, tombstonesMs: 1_000 } }),
    async recover() {
      scene.pass(Math.floor(unit() * leaseMs));
      await store.recover({ now: scene.now() });
    },
  };

  if (expiring) {
    verbs["expire"] = () => store.expire({ now: scene.now(), limit: 15, retention: walkRetention });
  }

  // What makes things go on comes more often than what disturbs.
  const disturbing = new Set([
    "cancel",
    "release",
    "redeliver",
    "discard",
    "makeReplay",
    "changeReplay",
    "stepReplays",
    "pauseOrResume",
    "eraseResult",
    "failUnstarted",
    "expire",
    "recover",
  ]);
  const weighted = Object.entries(verbs).flatMap((entry) =>
    Array.from({ length: disturbing.has(entry[0]) ? 1 : 4 }, () => entry),
  );

  return {
    async step() {
      const [name, verb] = pick(weighted) ?? [];
      if (name === undefined || verb === undefined) throw new Error("no verb");
      scene.pass(Math.floor(unit() * 500));
      await verb();
      return name;
    },
  };
}

/** A linear congruential generator; any will do, so long as the seed gives the walk. */
export function seeded(seed: number): () => number {
  let state = seed * 7_919;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
