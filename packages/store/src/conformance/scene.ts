// A store under test with a clock that is moved by hand, and the verbs that the suite tells its stories in.
import {
  makeId,
  terminalEvents,
  type Acceptance,
  type Accepted,
  type AttemptCode,
  type ClaimedDelivery,
  type ClaimedRun,
  type Delivery,
  type Endpoint,
  type Event,
  type HeldLane,
  type Instant,
  type JobWithPayloads,
  type NewEndpoint,
  type NewJob,
  type Random,
  type Retention,
  type Ring,
  type RunOutcome,
  type Store,
} from "@ringback/core";

/** What an adapter provides: a store that is empty and open. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly random: Random;
  /** Every ring it has left, in order; the suite empties it. */
  readonly rings: Ring[];
}

/** Opens an empty store; the adapter's test closes it. */
export type OpenStore = () => Promise<StoreUnderTest>;

export const tenantId = "acme";
export const otherTenantId = "globex";
export const callbackSecret = "whsec_dGVuYW50J3Mgb3duIGNhbGxiYWNrIHNlY3JldA==";
export const startedAt: Instant = Date.UTC(2026, 10, 22, 9);
export const leaseMs = 30_000;
export const holder = "process-1";

export interface Scene extends StoreUnderTest {
  now(): Instant;
  /** Moves the clock. */
  pass(ms: number): void;
  /** An acceptance of a job with an inline callback at https://example.com, unless told otherwise. */
  acceptance(over?: Partial<NewJob>, rest?: Partial<Omit<Acceptance, "job">>): Acceptance;
  submit(over?: Partial<NewJob>): Promise<JobWithPayloads>;
  getJob(jobId: string): Promise<JobWithPayloads>;
  claimRuns(limit?: number, by?: string): Promise<ClaimedRun[]>;
  endRun(run: ClaimedRun, outcome?: RunOutcome): Promise<string>;
  /** Submits, runs and ends a job, so that its terminal event is owed. */
  finishJob(over?: Partial<NewJob>): Promise<JobWithPayloads>;
  createEndpoint(over?: Partial<NewEndpoint>): Promise<Endpoint>;
  /** The one lane that is due. */
  holdLane(by?: string): Promise<HeldLane>;
  claimDeliveries(lane: HeldLane, limit?: number): Promise<readonly ClaimedDelivery[]>;
  record(lane: HeldLane, claimed: ClaimedDelivery, ending?: Ending): Promise<string>;
  getDelivery(deliveryId: string): Promise<Delivery>;
  takeRings(): Ring[];
}

export interface Ending {
  readonly code?: AttemptCode;
  readonly status?: number;
  readonly detail?: string;
  readonly retryAfterMs?: number;
  readonly policy?: ClaimedDelivery["policy"];
}

export const succeeded: RunOutcome = {
  kind: "succeeded",
  result: { contentType: "application/json", body: new TextEncoder().encode('{"ok":true}') },
  resultUrl: null,
};

/** Opens a store that knows both tenants. */
export async function openScene(openStore: OpenStore): Promise<Scene> {
  const underTest = await openStore();
  const { store } = underTest;
  let now = startedAt;
  const scene = createScene(underTest, { now: () => now, pass: (ms) => void (now += ms) });
  await store.tenants.ensureTenant({ id: tenantId, callbackSecret }, now);
  await store.tenants.ensureTenant({ id: otherTenantId, callbackSecret: `${callbackSecret}=` }, now);
  scene.takeRings();
  return scene;
}

function createScene(underTest: StoreUnderTest, time: Pick<Scene, "now" | "pass">): Scene {
  const { store, random, rings } = underTest;
  const { now } = time;
  const scene: Scene = {
    ...underTest,
    ...time,
    acceptance: (over = {}, rest = {}) => acceptanceOf({ id: makeId("job", now(), random), ...over }, rest),
    async submit(over) {
      const accepted = only(await store.intake.acceptJobs([scene.acceptance(over)], now()));
      return jobIn(accepted);
    },
    getJob: async (jobId) => present(await store.reads.getJob(tenantId, jobId)),
    claimRuns: (limit = 10, by = holder) =>
      store.runs.claim({ holder: by, kinds: ["report"], limit, now: now(), leaseMs }),
    async endRun({ jobId, token, tenantId: whose }, outcome = succeeded) {
      const ended = await store.runs.end([{ tenantId: whose, jobId, token, outcome }], now());
      return only(ended).status;
    },
    async finishJob(over) {
      const job = await scene.submit(over);
      await scene.endRun(only(await scene.claimRuns()));
      return scene.getJob(job.id);
    },
    async createEndpoint(over) {
      const asked = { ...newEndpoint, id: makeId("ep", now(), random), ...over };
      return only(await store.support.createEndpoints([asked], now()));
    },
    holdLane: async (by = holder) =>
      only(await store.lanes.claim({ holder: by, limit: 10, now: now(), leaseMs })),
    async claimDeliveries(lane, limit = 10) {
      const claimed = await store.lanes.claimDeliveries(lane, { now: now(), limit });
      if (claimed.kind === "lost") throw new Error("the lane is lost");
      return claimed.deliveries;
    },
    async record(lane, claimed, ending = {}) {
      const attemptId = makeId("att", now(), random);
      return only(
        await store.lanes.recordAttempts([recordOf(lane, claimed, { ...ending, attemptId })], now()),
      );
    },
    getDelivery: async (deliveryId) => present(await store.reads.getDelivery(tenantId, deliveryId)).delivery,
    takeRings: () => rings.splice(0).map(withoutHint),
  };
  return scene;
}

/** That a lane is held is told by the adapters whose rings have to find its holder. */
function withoutHint(ring: Ring): Ring {
  if (ring.kind !== "lane") return ring;
  const { kind, tenantId: whose, laneId, at } = ring;
  return { kind, tenantId: whose, laneId, at };
}

export const newEndpoint: Omit<NewEndpoint, "id"> = {
  tenantId,
  url: "https://receiver.example/webhooks?key=1",
  host: "receiver.example",
  events: ["job.*"],
  description: null,
  headers: {},
  retry: null,
  timeoutMs: null,
  maxInFlight: null,
  ratePerSecond: null,
  ordered: false,
  signature: "standard",
  metadata: {},
  publicKey: null,
  secret: "whsec_YW4gZW5kcG9pbnQncyBvd24gc2lnbmluZyBzZWNyZXQ=",
};

function acceptanceOf(
  job: Partial<NewJob> & Pick<NewJob, "id">,
  rest: Partial<Omit<Acceptance, "job">>,
): Acceptance {
  return {
    job: {
      tenantId,
      kind: "report",
      input: '{"rows":3}',
      metadata: {},
      priority: 0,
      runAt: null,
      runTimeoutMs: 60_000,
      queueTimeoutMs: null,
      maxRuns: 1,
      resultTtlMs: 86_400_000,
      callback: {
        url: "https://example.com/done?token=t",
        events: terminalEvents,
        headers: {},
        secret: null,
      },
      traceparent: null,
      ...job,
    },
    receiver: { origin: "https://example.com", host: "example.com" },
    idempotency: null,
    ...rest,
  };
}

function recordOf(lane: HeldLane, claimed: ClaimedDelivery, ending: Ending & { readonly attemptId: string }) {
  const { code = "ok", retryAfterMs = null, detail = null, policy = claimed.policy, attemptId } = ending;
  const status = ending.status ?? (code === "ok" ? 204 : code === "http_5xx" ? 500 : null);
  const response =
    status === null ? null : { status, headers: {}, body: Uint8Array.of(110, 111), truncated: false };
  return {
    lane,
    deliveryId: claimed.id,
    attemptId,
    n: claimed.attempt,
    startedAt: claimed.startedAt,
    durationMs: 12.4,
    url: claimed.url.replace(/\?.*$/, ""),
    request: { headers: { "webhook-id": claimed.eventId }, bodyBytes: claimed.body.length },
    response,
    ended: { outcome: code === "ok" ? ("delivered" as const) : ("failed" as const), code, retryAfterMs },
    detail,
    peerAddress: "203.0.113.7",
    policy,
  };
}

const monthMs = 30 * 86_400_000;
export const retention: Retention = {
  eventsMs: monthMs,
  deliveriesMs: monthMs,
  deadLettersMs: monthMs,
  tombstonesMs: monthMs,
  attemptBodiesMs: monthMs,
  replaysMs: monthMs,
};

/** Two attempts, a second apart. */
export const twoAttempts = [1_000] as const;

export function jobIn(accepted: Accepted): JobWithPayloads {
  if (accepted.kind !== "accepted" && accepted.kind !== "replayed") throw new Error(accepted.kind);
  return accepted.job;
}

/** What the tenant's feed has behind the position, or from its beginning. */
export async function feedOf(
  store: Store,
  after: number | null = null,
  limit = 10_000,
): Promise<readonly Event[]> {
  const read = await store.reads.readFeed(tenantId, { after, limit });
  if (read.kind === "expired") throw new Error("the position has expired");
  return read.events;
}

/** The one item of the list. */
export function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`${items.length} items instead of one`);
  return item;
}

export function present<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error("there is none");
  return value;
}
