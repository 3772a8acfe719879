// The part of the store port that the api calls, in memory and without its rules; the real store has its own tests.
import {
  isDone,
  notAdmitted,
  type Acceptance,
  type Accepted,
  type AnnouncedKind,
  type Attempt,
  type Change,
  type Delivery,
  type Endpoint,
  type JobWithPayloads,
  type NewJob,
  type NotAdmitted,
  type PastJob,
  type Store,
} from "@ringback/core";
import { createFakeDeadLetters, type FakeDeadLetters } from "./fake-dead-letters.ts";
import { createFakeEndpoints } from "./fake-endpoints.ts";
import { createFakeEvents, eventOf, type FakeEvents } from "./fake-events.ts";
import { createFakeRuns, type FakeRuns } from "./fake-runs.ts";
import { createFakeTenants, type FakeTenants } from "./fake-tenants.ts";
import { pageOf } from "./page-of.ts";
import { unused } from "./unused.ts";

export interface FakeStore extends Store, FakeRuns, FakeTenants, FakeEvents, FakeDeadLetters {
  readonly tenants: FakeTenants["tenants"];
  readonly jobs: Map<string, JobWithPayloads>;
  readonly accepted: Acceptance[];
  readonly endpoints: Map<string, Endpoint>;
  readonly deliveries: Map<string, { readonly delivery: Delivery; readonly attempts: readonly Attempt[] }>;
  readonly replays: FakeDeadLetters["replays"];
  /** What the next call of anything rejects with; null for nothing. */
  fault: Error | null;
  /** How far each tenant's feed has been emptied. */
  readonly floors: Map<string, { readonly seq: number; readonly toldAt: number }>;
  /** How often the feed has been read, and how many rows that gave. */
  feedReads: number;
  feedRows: number;
  /** How often an idempotency key has been looked up. */
  keyReads: number;
  /** How often single jobs have been read, and how often versions of many. */
  jobReads: number;
  looks: number;
  /** True: nobody else changes jobs, so what is told is all that changes. */
  isAlone: boolean;
  pastJobs: PastJob[];
  kindsElsewhere: AnnouncedKind[];
  /** False: keys are not found when looked up, as while another request with them is being accepted. */
  showsKeys: boolean;
  /** Changes a job and tells it, with an event when a type is given. */
  changeJob(id: string, change: Partial<JobWithPayloads>, eventType?: string): void;
  tell(...changes: Change[]): void;
}

interface UsedKey {
  readonly requestHash: string;
  readonly jobId: string;
  readonly expiresAt: number;
}

export function createFakeStore(): FakeStore {
  const listeners = new Set<(changes: readonly Change[]) => void>();
  const keysUsed = new Map<string, UsedKey>();
  const jobs: FakeStore["jobs"] = new Map();
  const fakeRuns = createFakeRuns({
    jobs,
    changeJob: (id, change) => fake.changeJob(id, change),
    check() {
      if (fake.fault !== null) throw fake.fault;
    },
  });
  const endpoints: FakeStore["endpoints"] = new Map();
  const told = (tenantId: string): void => fake.tell({ kind: "event", tenantId });
  const fakeEvents = createFakeEvents({ endpoints, told });
  const fakeTenants = createFakeTenants(() => fake.fault);
  const fakeDeadLetters = createFakeDeadLetters((...entry) => fakeTenants.record(...entry));
  const fake: FakeStore = {
    ...fakeTenants,
    ...fakeDeadLetters.fields,
    jobs,
    accepted: [],
    ...fakeEvents,
    endpoints,
    deliveries: new Map(),
    floors: new Map(),
    fault: null,
    feedReads: 0,
    feedRows: 0,
    keyReads: 0,
    jobReads: 0,
    looks: 0,
    isAlone: true,
    pastJobs: [],
    kindsElsewhere: [],
    showsKeys: true,
    changeJob(id, change, eventType) {
      const before = fake.jobs.get(id);
      if (before === undefined) throw new Error(`there is no ${id}`);
      const job = { ...before, ...change, version: before.version + 1 };
      fake.jobs.set(id, job);
      if (eventType !== undefined) fake.events.push(eventOf(job, eventType, fake.events.length + 1));
      fake.tell(
        { kind: "job", tenantId: job.tenantId, jobId: id },
        { kind: "event", tenantId: job.tenantId },
      );
    },
    tell(...changes) {
      for (const listener of listeners) listener(changes);
    },
    intake: {
      acceptEvents: fakeEvents.acceptEvents,
      acceptJobs: async (items, now) => items.map((item) => accept(fake, keysUsed, { item, now })),
      acceptTogether: async (items, now) => {
        const before = { keys: new Map(keysUsed), accepted: fake.accepted.length };
        const answers = items.map((item) => accept(fake, keysUsed, { item, now }));
        if (answers.every(isTaken)) return answers;
        for (const { job } of fake.accepted.splice(before.accepted)) fake.jobs.delete(job.id);
        keysUsed.clear();
        for (const [key, used] of before.keys) keysUsed.set(key, used);
        return answers.map((answer) => (isTaken(answer) ? { kind: "withheld" } : answer));
      },
      eraseResults: async (items, now) =>
        items.map(({ tenantId, jobId }) => {
          const job = owned(fake.jobs.get(jobId), tenantId);
          if (job !== null && job.result !== null)
            fake.changeJob(jobId, { result: null, resultErasedAt: now });
          return owned(fake.jobs.get(jobId), tenantId);
        }),
      cancelJobs: async (items) =>
        items.map(({ tenantId, jobId }) => {
          const job = owned(fake.jobs.get(jobId), tenantId);
          if (job === null) return { kind: "not_found" };
          if (job.status === "canceled") return { kind: "canceled", job };
          if (isDone(job.status)) return { kind: "finished", job };
          fake.changeJob(
            jobId,
            job.status === "queued" ? { status: "canceled" } : { cancelRequestedAt: job.createdAt },
          );
          const after = fake.jobs.get(jobId) ?? job;
          return job.status === "queued"
            ? { kind: "canceled", job: after }
            : { kind: "requested", job: after };
        }),
    },
    ...fakeRuns,
    lanes: unused("lanes"),
    support: {
      ...fakeDeadLetters.letters,
      ...createFakeEndpoints({
        state: () => fake,
        record: (action, done, act) => fake.record(action, done, act),
      }),
      redeliver: async (items, now, act) =>
        items.map(({ tenantId, deliveryId }) => {
          const found = fake.deliveries.get(deliveryId);
          if (found?.delivery.tenantId !== tenantId) return null;
          const isHeld = fake.endpoints.get(found.delivery.endpointId ?? "")?.status === "paused";
          const dueAt = isHeld ? null : now;
          const delivery: Delivery = { ...found.delivery, status: "pending", dueAt, finishedAt: null };
          fake.deliveries.set(deliveryId, { ...found, delivery });
          fake.record("delivery.redelivered", { tenantId, subject: deliveryId, at: now }, act);
          return delivery;
        }),
    },
    reads: {
      ...fakeDeadLetters.reads,
      getJob: async (tenantId, jobId) => {
        fake.jobReads += 1;
        return owned(fake.jobs.get(jobId), tenantId);
      },
      findByOwnId: async (tenantId, jobId) => {
        const job = owned(fake.jobs.get(jobId), tenantId);
        return job === null ? null : { requestHash: ownHashOf(fake, jobId), job };
      },
      jobVersion: async ({ tenantId, jobId }) => {
        fake.looks += 1;
        return owned(fake.jobs.get(jobId), tenantId)?.version ?? null;
      },
      jobVersions: async (keys) => {
        fake.looks += 1;
        return keys.map(({ tenantId, jobId }) => owned(fake.jobs.get(jobId), tenantId)?.version ?? null);
      },
      waitingOf: async (tenantId, limit) =>
        [...fake.jobs.values()]
          .filter((job) => job.tenantId === tenantId && job.status === "queued")
          .map(({ id, priority, createdAt }) => ({ jobId: id, priority, dueAt: createdAt }))
          .slice(0, limit),
      pastJobsOf: async () => fake.pastJobs,
      unfinishedJobs: async () => fake.jobs.size,
      feedHeads: async (tenantIds) =>
        tenantIds.map((asked) => fake.events.findLast(({ tenantId }) => tenantId === asked)?.seq ?? 0),
      listJobs: async (tenantId, filter, page) =>
        pageOf(
          [...fake.jobs.values()].filter(
            (job) =>
              job.tenantId === tenantId &&
              (filter.status?.includes(job.status) ?? true) &&
              (filter.kind ?? job.kind) === job.kind &&
              Object.entries(filter.metadata ?? {}).every(
                ([name, value]) => String(job.metadata[name]) === value,
              ),
          ),
          page,
        ),
      getResult: async (tenantId, jobId) => {
        const job = owned(fake.jobs.get(jobId), tenantId);
        return job === null ? null : { job, result: job.result };
      },
      listJobEvents: async (tenantId, jobId, { after, limit }) =>
        fake.events
          .filter((event) => event.tenantId === tenantId && event.jobId === jobId && event.seq > after)
          .slice(0, limit),
      getEndpoint: async (tenantId, endpointId) => owned(fake.endpoints.get(endpointId), tenantId),
      listEndpoints: async (tenantId, page) =>
        pageOf(
          [...fake.endpoints.values()].filter((endpoint) => endpoint.tenantId === tenantId),
          page,
        ),
      getDelivery: async (tenantId, deliveryId) => {
        const found = fake.deliveries.get(deliveryId);
        return found?.delivery.tenantId === tenantId ? found : null;
      },
      listDeliveries: async (tenantId, filter, page) => {
        const all = [...fake.deliveries.values()].map(({ delivery }) => delivery);
        return pageOf(
          all.filter((one) => one.tenantId === tenantId && (filter.status?.includes(one.status) ?? true)),
          page,
        );
      },
      getDeadLetter: async (tenantId, deliveryId) => {
        const deadLetter = fake.deadLetters.get(deliveryId);
        if (deadLetter?.delivery.tenantId !== tenantId) return null;
        return { deadLetter, attempts: fake.deliveries.get(deliveryId)?.attempts ?? [] };
      },
      findIdempotent: async (tenantId, key, now) => {
        if (fake.fault !== null) throw fake.fault;
        fake.keyReads += 1;
        const used = keysUsed.get(keyOf(tenantId, key));
        const job = used === undefined ? undefined : fake.jobs.get(used.jobId);
        if (!fake.showsKeys || used === undefined || job === undefined || used.expiresAt <= now) return null;
        return { requestHash: used.requestHash, job };
      },
      readFeed: async (tenantId, { after, limit }) => {
        const floor = fake.floors.get(tenantId) ?? { seq: 0, toldAt: 0 };
        const from = after ?? floor.seq;
        const events = fake.events
          .filter((event) => event.tenantId === tenantId && event.seq > from)
          .slice(0, limit);
        fake.feedReads += 1;
        fake.feedRows += events.length;
        if (floor.seq > from) return { kind: "expired", until: floor.toldAt };
        return { kind: "read", after: from, events };
      },
      takenEvents: fakeEvents.takenEvents,
      feedHead: async (tenantId) => fake.events.findLast((event) => event.tenantId === tenantId)?.seq ?? 0,
      callbackSecrets: async (tenantId) => fake.secrets.get(tenantId) ?? [],
    },
    kinds: {
      async announce({ kinds: said }) {
        const names = new Set(said.map(({ kind }) => kind));
        fake.kindsElsewhere = [...fake.kindsElsewhere.filter(({ kind }) => !names.has(kind)), ...said];
      },
      announced: async () => fake.kindsElsewhere,
    },
    seals: {
      look: unused("look"),
      countRows: unused("countRows"),
      takeOver: unused("takeOver"),
      reseal: unused("reseal"),
    },
    changes: {
      subscribe(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      areComplete: () => fake.isAlone,
    },
    recover: unused("recover"),
    due: unused("due"),
    expire: unused("expire"),
    close: async () => undefined,
  };
  return fake;
}

interface Accepting {
  readonly item: Acceptance;
  readonly now: number;
}

function accept(fake: FakeStore, keysUsed: Map<string, UsedKey>, { item, now }: Accepting): Accepted {
  if (fake.fault !== null) throw fake.fault;
  const { job: asked, idempotency } = item;
  const key = keyOf(asked.tenantId, idempotency?.key ?? "");
  const used = idempotency === null ? undefined : keysUsed.get(key);
  const usedJob = used === undefined ? undefined : fake.jobs.get(used.jobId);
  if (used !== undefined && usedJob !== undefined && used.expiresAt > now) {
    return used.requestHash === idempotency?.requestHash
      ? { kind: "replayed", job: usedJob }
      : { kind: "key_reused", requestHash: used.requestHash, madeId: used.jobId };
  }
  const own = item.ownId === undefined ? null : owned(fake.jobs.get(asked.id), asked.tenantId);
  if (own !== null) {
    return ownHashOf(fake, asked.id) === item.ownId?.requestHash
      ? { kind: "replayed", job: own }
      : { kind: "id_reused", jobId: asked.id };
  }
  if (isUnaddressed(fake, asked.callback, asked.tenantId)) return { kind: "no_endpoint" };
  const refused = refusalOf(fake, item);
  if (refused !== null) return refused;
  const job = jobOf(asked, now);
  fake.jobs.set(job.id, job);
  fake.accepted.push(item);
  if (idempotency !== null) {
    const { requestHash, expiresAt } = idempotency;
    keysUsed.set(key, { requestHash, jobId: job.id, expiresAt });
  }
  return { kind: "accepted", job };
}

function refusalOf(fake: FakeStore, { job: { tenantId }, admission }: Acceptance): NotAdmitted | null {
  if (admission === undefined) return null;
  const everybodys = [...fake.jobs.values()].filter(({ status }) => !isDone(status));
  const unfinished = everybodys.filter((job) => job.tenantId === tenantId).length;
  const unfinishedMax = fake.tenantRows.get(tenantId)?.limits.unfinishedMax ?? null;
  return notAdmitted(admission, { unfinished, unfinishedMax, backlog: everybodys.length });
}

function isTaken({ kind }: Accepted): boolean {
  return kind === "accepted" || kind === "replayed";
}

function isUnaddressed(fake: FakeStore, callback: NewJob["callback"], tenantId: string): boolean {
  if (callback === null || !("endpointId" in callback)) return false;
  return owned(fake.endpoints.get(callback.endpointId), tenantId) === null;
}

function ownHashOf(fake: FakeStore, jobId: string): string | null {
  return fake.accepted.find(({ job }) => job.id === jobId)?.ownId?.requestHash ?? null;
}

function keyOf(tenantId: string, key: string): string {
  return `${tenantId} ${key}`;
}

function jobOf(asked: NewJob, now: number): JobWithPayloads {
  const { callback } = asked;
  const deliveries = { pending: 0, delivered: 0, dead: 0, canceled: 0 };
  return {
    tenantId: asked.tenantId,
    id: asked.id,
    kind: asked.kind,
    status: "queued",
    priority: asked.priority,
    metadata: asked.metadata,
    progress: null,
    error: null,
    runs: 0,
    callback:
      callback === null
        ? null
        : "url" in callback
          ? { url: callback.url, endpointId: null, deliveries }
          : { url: null, endpointId: callback.endpointId, deliveries },
    createdAt: now,
    runAt: asked.runAt,
    startedAt: null,
    finishedAt: null,
    expiresAt: null,
    erasedAt: null,
    resultErasedAt: null,
    cancelRequestedAt: null,
    version: 1,
    input: asked.input,
    result: null,
  };
}

function owned<Row extends { readonly tenantId: string }>(
  row: Row | undefined,
  tenantId: string,
): Row | null {
  return row?.tenantId === tenantId ? row : null;
}
