// Several processes on one database, played by several stores: nothing is done twice, nothing is lost, nobody is fooled.
import { describe, expect, it } from "vitest";
import { makeId, type Event, type Store } from "@ringback/core";
import {
  feedOf,
  leaseMs,
  only,
  openScene,
  present,
  succeeded,
  tenantId,
  type Scene,
} from "../conformance/scene.ts";
import { sendFeedLock } from "./feed-lock.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("processes on one database", () => {
  const cluster = useCluster();

  /** Stores on one new database, and the scene of the first. */
  async function openSeveral(
    count: number,
  ): Promise<{ scene: Scene & { readonly connectionString: string }; stores: Store[] }> {
    const first = await cluster.openForTest();
    const { connectionString } = first;
    const scene = await openScene(async () => first);
    const others = await Promise.all(
      Array.from({ length: count - 1 }, () => cluster.openForTest({ connectionString })),
    );
    return {
      scene: { ...scene, connectionString },
      stores: [first.store, ...others.map(({ store }) => store)],
    };
  }

  const pick = (stores: readonly Store[], at: number): Store => present(stores[at % stores.length]);

  it("F5 one hundred callers of two processes with one key make one job, and all are told of it", async () => {
    const { scene, stores } = await openSeveral(2);
    const idempotency = { key: "k", requestHash: "h", expiresAt: scene.now() + 1_000 };
    for (let round = 0; round < 5; round += 1) {
      const keyed = { ...idempotency, key: `k${round}` };
      const answers = await Promise.all(
        Array.from({ length: 100 }, async (_, at) =>
          only(
            await pick(stores, at).intake.acceptJobs(
              [scene.acceptance({}, { idempotency: keyed })],
              scene.now(),
            ),
          ),
        ),
      );
      const kinds = answers.map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "accepted")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "replayed")).toHaveLength(99);
      expect(new Set(answers.map((answer) => "job" in answer && answer.job.id)).size).toBe(1);
    }
    const { items } = await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 99 });
    expect(items).toHaveLength(5);
  });

  it("F5 one hundred callers of two processes with one key tell one event, and all are told of it", async () => {
    const { scene, stores } = await openSeveral(2);
    const idempotency = { key: "e", requestHash: "h", expiresAt: scene.now() + 1_000 };
    const item = { tenantId, type: "invoice.paid", data: "1", idempotency };
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, at) =>
        only(await pick(stores, at).intake.acceptEvents([item], scene.now())),
      ),
    );
    expect(answers.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === "replayed")).toHaveLength(99);
    expect(new Set(answers.map((answer) => "id" in answer && answer.id)).size).toBe(1);
  });

  it("many keys in opposite orders at once: each makes one job, and nobody is refused", async () => {
    const { scene, stores } = await openSeveral(2);
    const keys = Array.from({ length: 40 }, (_, at) => `key-${at}`);
    const items = (order: readonly string[]) =>
      order.map((key) =>
        scene.acceptance({}, { idempotency: { key, requestHash: "h", expiresAt: scene.now() + 1_000 } }),
      );
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        pick(stores, at).intake.acceptJobs(items(at % 4 < 2 ? keys : keys.toReversed()), scene.now()),
      ),
    );
    expect(answers.flat().filter(({ kind }) => kind === "accepted")).toHaveLength(40);
    expect(answers.flat().filter(({ kind }) => kind === "replayed")).toHaveLength(360);
  });

  it("a tenant's limit holds exactly, however many callers of however many processes ask at once", async () => {
    const { scene, stores } = await openSeveral(3);
    const admission = { unfinishedMax: 25, backlogMax: 1_000 };
    const submit = async (at: number) => {
      const item = scene.acceptance({ callback: null }, { admission });
      return only(await pick(stores, at).intake.acceptJobs([item], scene.now())).kind;
    };
    const kinds = await Promise.all(Array.from({ length: 100 }, (_, at) => submit(at)));
    expect(kinds.filter((kind) => kind === "accepted")).toHaveLength(25);
    const runs = await scene.claimRuns(10);
    const [ended, again] = await Promise.all([
      Promise.all(
        runs.map((run, at) => pick(stores, at).runs.end([{ ...run, outcome: succeeded }], scene.now())),
      ),
      Promise.all(Array.from({ length: 60 }, (_, at) => submit(at))),
    ]);
    expect(ended).toHaveLength(10);
    const before = again.filter((kind) => kind === "accepted").length;
    const after = await Promise.all(Array.from({ length: 30 }, (_, at) => submit(at)));
    expect(before + after.filter((kind) => kind === "accepted").length).toBe(10);
  });

  it("limits of running jobs hold exactly over processes that claim at the same time", async () => {
    const { scene, stores } = await openSeveral(3);
    const act = { by: null, reason: null };
    await scene.store.tenants.changeTenant(tenantId, { limits: { runningMax: 9 } }, scene.now(), act);
    const jobs = Array.from({ length: 60 }, (_, at) =>
      scene.acceptance({ callback: null, kind: at % 2 === 0 ? "heavy" : "report" }),
    );
    await scene.store.intake.acceptJobs(jobs, scene.now());
    const claim = { kinds: ["heavy", "report"], limit: 5, now: scene.now(), leaseMs };
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        pick(stores, at).runs.claim({ ...claim, holder: `p${at}`, kindRunningMax: { heavy: 4 } }),
      ),
    );
    const runs = claims.flat();
    expect(runs.length).toBeLessThanOrEqual(9);
    expect(runs.filter(({ job }) => job.kind === "heavy").length).toBeLessThanOrEqual(4);
    // Nobody was passed over by all: what there is room for is taken.
    const rest = await scene.store.runs.claim({ ...claim, holder: "last", kindRunningMax: { heavy: 4 } });
    expect(runs.length + rest.length).toBe(9);
  });

  it("a revoked key and a changed limit hold in every process", async () => {
    const { scene, stores } = await openSeveral(2);
    const act = { by: { tenantId, keyId: "key_a" }, reason: null };
    const key = { tenantId, id: "key_1", lookup: "l", hash: "h", scopes: [], expiresAt: null } as const;
    await pick(stores, 0).tenants.createKey(key, scene.now(), act);
    await pick(stores, 1).tenants.revokeKey({ tenantId, keyId: "key_1" }, scene.now(), act);
    expect(await pick(stores, 0).tenants.findKey("l")).toMatchObject({ revokedAt: scene.now() });
    const limits = { unfinishedMax: 0, requestsPerMinute: 7 };
    await pick(stores, 1).tenants.changeTenant(tenantId, { limits }, scene.now(), act);
    expect(await pick(stores, 0).tenants.findKey("l")).toMatchObject({ limits });
    const admission = { unfinishedMax: 10, backlogMax: 10 };
    const item = scene.acceptance({}, { admission });
    const [answer] = await pick(stores, 0).intake.acceptJobs([item], scene.now());
    expect(answer).toEqual({ kind: "over_quota", unfinishedMax: 0 });
  });

  it("F71 runs and lanes are claimed by one process each, whoever asks at the same time", async () => {
    const { scene, stores } = await openSeveral(3);
    const receiverOf = (at: number) => ({ origin: `https://${at}.example`, host: `${at}.example` });
    const jobs = Array.from({ length: 120 }, (_, at) => {
      const callback = { url: `https://${at % 30}.example/`, events: ["job.*"], headers: {}, secret: null };
      return scene.acceptance({ callback }, { receiver: receiverOf(at % 30) });
    });
    await scene.store.intake.acceptJobs(jobs, scene.now());
    const claim = { kinds: ["report"], limit: 7, now: scene.now(), leaseMs };
    const claims = await Promise.all(
      Array.from({ length: 24 }, (_, at) =>
        pick(stores, at).runs.claim({ ...claim, holder: `process-${at}` }),
      ),
    );
    const rest = await scene.store.runs.claim({ ...claim, limit: 200, holder: "last" });
    const ids = [...claims.flat(), ...rest].map(({ jobId }) => jobId);
    expect(ids).toHaveLength(120);
    expect(new Set(ids).size).toBe(120);

    const ask = { limit: 4, now: scene.now(), leaseMs };
    const lanes = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        pick(stores, at).lanes.claim({ ...ask, holder: `process-${at}` }),
      ),
    );
    const others = await scene.store.lanes.claim({ ...ask, limit: 99, holder: "last" });
    const held = [...lanes.flat(), ...others];
    expect(held).toHaveLength(30);
    expect(new Set(held.map(({ laneId }) => laneId)).size).toBe(30);
    expect(held.every(({ token }) => token === 1)).toBe(true);
  });

  it("F70 what a lost process still holds is refused, whichever process took it over", async () => {
    const { scene, stores } = await openSeveral(2);
    const second = present(stores[1]);
    const job = await scene.submit();
    const zombie = only(await scene.claimRuns());
    scene.pass(leaseMs);
    const recovered = await Promise.all(stores.map((store) => store.recover({ now: scene.now() })));
    expect(recovered.reduce((sum, { runs }) => sum + runs, 0)).toBe(1);
    const ask = { holder: "process-2", kinds: ["report"], limit: 9, now: scene.now(), leaseMs };
    const run = only(await second.runs.claim(ask));
    const ends = await Promise.all([
      scene.store.runs.end([{ ...zombie, outcome: succeeded }], scene.now()),
      second.runs.end([{ ...run, outcome: succeeded }], scene.now()),
    ]);
    expect(ends).toEqual([[{ status: "lost" }], [{ status: "succeeded" }]]);
    const events = await scene.store.reads.listJobEvents(tenantId, job.id, { after: 0, limit: 9 });
    expect(events).toHaveLength(1);
  });

  it("an endpoint that one process has made is known to the others at once", async () => {
    const { scene, stores } = await openSeveral(2);
    const { id } = await scene.createEndpoint({ events: ["job.queued"] });
    const item = scene.acceptance({ callback: { endpointId: id, events: ["job.*"] } }, { receiver: null });
    expect(only(await present(stores[1]).intake.acceptJobs([item], scene.now())).kind).toBe("accepted");
    const { items } = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 9 });
    expect(items).toHaveLength(1);
  });

  it("G9 the feed skips nothing and repeats nothing while processes write at the same time", async () => {
    const { scene, stores } = await openSeveral(4);
    const writersPerStore = 3;
    const rounds = 12;
    let writing = true;

    async function write(store: Store, name: number): Promise<string[]> {
      const written: string[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const jobs = Array.from({ length: 1 + ((name * 7 + round) % 5) }, () =>
          scene.acceptance({ kind: `kind-${name}`, callback: null }),
        );
        await store.intake.acceptJobs(jobs, scene.now());
        const ask = { holder: `h${name}`, kinds: [`kind-${name}`], limit: 9, now: scene.now(), leaseMs };
        const runs = await store.runs.claim(ask);
        await Promise.all(runs.map((run) => store.runs.end([{ ...run, outcome: succeeded }], scene.now())));
        written.push(...runs.map(({ jobId }) => jobId));
      }
      return written;
    }

    async function read(store: Store, limit: number): Promise<Event[]> {
      const seen: Event[] = [];
      for (;;) {
        const finished = !writing;
        const after = seen.at(-1)?.seq ?? 0;
        const page = await feedOf(store, after, limit);
        seen.push(...page);
        if (finished && page.length === 0) return seen;
      }
    }

    const reading = Promise.all([
      ...stores.map((store, at) => read(store, at + 1)),
      read(scene.store, 1_000),
    ]);
    const written = (
      await Promise.all(
        stores.flatMap((store, at) =>
          Array.from({ length: writersPerStore }, (_, w) => write(store, at * writersPerStore + w)),
        ),
      )
    ).flat();
    writing = false;
    const whole = await feedOf(scene.store);
    expect(whole.map(({ jobId }) => jobId ?? "").toSorted()).toEqual(written.toSorted());
    for (const seen of await reading) {
      expect(seen.map(({ seq }) => seq)).toEqual(whole.map(({ seq }) => seq));
    }
  }, 60_000);

  it("G9 a transaction that takes its time over an event holds up its tenant's next event, and no reader", async () => {
    const { scene, stores } = await openSeveral(2);
    const job = await scene.submit({ callback: null });
    const run = only(await scene.claimRuns());
    const feed = () => feedOf(scene.store);
    const slow = await cluster.connect(scene.connectionString);
    const sent: Promise<unknown>[] = [];
    await slow.query("begin");
    sendFeedLock({ send: (text, values) => void sent.push(slow.query(text, [...(values ?? [])])) }, [
      { tenantId },
    ]);
    await Promise.all(sent);
    await slow.query(
      `insert into event (tenant_id, id, type, created_at, body) values ($1, 'evt_slow', 'slow', 1, '{}')`,
      [tenantId],
    );
    const ended = present(stores[1]).runs.end([{ ...run, outcome: succeeded }], scene.now());
    const waits = "select 1 from pg_locks where locktype = 'advisory' and not granted";
    while ((await cluster.ask(scene.connectionString, waits)).length === 0) expect(await feed()).toEqual([]);
    await slow.query("commit");
    await ended;
    expect((await feed()).map(({ type }) => type)).toEqual(["slow", "job.succeeded"]);
    expect((await scene.getJob(job.id)).status).toBe("succeeded");
  });

  it("attempts of many lanes are claimed and recorded by several processes without a deadlock", async () => {
    const { scene, stores } = await openSeveral(3);
    const jobs = Array.from({ length: 60 }, (_, at) => {
      const host = `${at % 6}.example`;
      const callback = { url: `https://${host}/`, events: ["job.*"], headers: {}, secret: null };
      return scene.acceptance({ callback }, { receiver: { origin: `https://${host}`, host } });
    });
    await scene.store.intake.acceptJobs(jobs, scene.now());
    const claim = { kinds: ["report"], limit: 20, now: scene.now(), leaseMs };

    async function live(store: Store, name: string): Promise<number> {
      const runs = await store.runs.claim({ ...claim, holder: name });
      const lanes = await store.lanes.claim({ holder: name, limit: 2, now: scene.now(), leaseMs });
      const ended = store.runs.end(
        runs.map((run) => ({ ...run, outcome: succeeded })),
        scene.now(),
      );
      let recorded = 0;
      for (const lane of lanes) {
        const claimed = await store.lanes.claimDeliveries(lane, { now: scene.now(), limit: 50 });
        if (claimed.kind === "lost") throw new Error("lost");
        const records = claimed.deliveries.map((one) => ({
          lane,
          deliveryId: one.id,
          attemptId: makeId("att", scene.now(), scene.random),
          n: one.attempt,
          startedAt: one.startedAt,
          durationMs: 1,
          url: one.url,
          request: { headers: {}, bodyBytes: 1 },
          response: null,
          ended: { outcome: "delivered" as const, code: "ok" as const, retryAfterMs: null },
          detail: null,
          peerAddress: null,
          policy: one.policy,
        }));
        const answers = await Promise.all(
          records.map((one) => store.lanes.recordAttempts([one], scene.now())),
        );
        recorded += answers.flat().filter((answer) => answer === "recorded").length;
      }
      await ended;
      await store.lanes.release(lanes, scene.now());
      return recorded;
    }

    let recorded = 0;
    for (let round = 0; round < 12; round += 1) {
      const counts = await Promise.all(stores.map((store, at) => live(store, `p${at}-${round}`)));
      recorded += counts.reduce((sum, count) => sum + count, 0);
    }
    const { items } = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 999 });
    expect(items).toHaveLength(180);
    expect(items.every(({ status }) => status === "delivered")).toBe(true);
    expect(recorded).toBe(180);
  }, 60_000);
});
