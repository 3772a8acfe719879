import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Clock, Doorbell, Log, Random, Ring } from "@ringback/core";
import { createGraphileDoorbell, createTimerDoorbell, ringStatement } from "@ringback/runner";
import { bounded } from "../support/bounded.ts";
import { createTestDatabase, type TestDatabase } from "../support/mode.ts";
import { waitUntil } from "../support/wait-until.ts";

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const random: Random = { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)), unit: () => 0.5 };
const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, wake) {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A doorbell, and how a commit somewhere leaves rings for it. */
interface UnderTest {
  readonly doorbell: Doorbell;
  leave(rings: readonly Ring[]): Promise<void>;
}

interface Heard {
  readonly rings: readonly Ring[];
  /** When each was heard. */
  readonly at: readonly number[];
  /** Rejects when that does not come to hold. */
  until(holds: (rings: readonly Ring[]) => boolean): Promise<boolean>;
}

async function listenTo({ doorbell }: UnderTest): Promise<Heard> {
  const rings: Ring[] = [];
  const at: number[] = [];
  let look = silent;
  await doorbell.start((ring) => {
    rings.push(ring);
    at.push(clock.now());
    look();
  });
  onTestFinished(() => doorbell.stop());
  return {
    rings,
    at,
    until(holds) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      look = () => void (holds(rings) && resolve(true));
      look();
      return bounded(promise, 10_000, () => `fitting ring among ${JSON.stringify(rings)}`);
    },
  };
}

const lane = (laneId: string, at: number): Ring => ({ kind: "lane", tenantId: "t", laneId, at });
const isLane = (laneId: string) => (ring: Ring) => ring.kind === "lane" && ring.laneId === laneId;

function describeDoorbell(name: string, open: () => Promise<UnderTest>): void {
  describe(`the doorbell: ${name}`, () => {
    test("what is due is rung for: jobs, and each lane by its name", async () => {
      const underTest = await open();
      const heard = await listenTo(underTest);
      await underTest.leave([
        { kind: "jobs", at: clock.now() },
        lane("a", clock.now()),
        lane("b", clock.now()),
      ]);
      expect(
        await heard.until(
          (rings) =>
            rings.some(({ kind }) => kind === "jobs") && ["a", "b"].every((each) => rings.some(isLane(each))),
        ),
      ).toBe(true);
    });

    test("what was left before it started is rung for when it has", async () => {
      const underTest = await open();
      await underTest.leave([{ kind: "jobs", at: clock.now() }, lane("early", clock.now())]);
      const heard = await listenTo(underTest);
      expect(
        await heard.until(
          (rings) => rings.some(({ kind }) => kind === "jobs") && rings.some(isLane("early")),
        ),
      ).toBe(true);
    });

    test("a ring for later comes at its time or after it, never before", async () => {
      const underTest = await open();
      const heard = await listenTo(underTest);
      const at = clock.now() + 700;
      await underTest.leave([{ kind: "jobs", at }, lane("later", at)]);
      expect(
        await heard.until(
          (rings) => rings.some(({ kind }) => kind === "jobs") && rings.some(isLane("later")),
        ),
      ).toBe(true);
      // A doorbell on a database goes by the database's clock, which is read in whole milliseconds.
      for (const when of heard.at) expect(when).toBeGreaterThanOrEqual(at - 2);
    });

    test("rings that would say the same while they wait are one", async () => {
      const underTest = await open();
      for (let ring = 0; ring < 20; ring += 1) await underTest.leave([lane("again", clock.now())]);
      const heard = await listenTo(underTest);
      expect(await heard.until((rings) => rings.some(isLane("again")))).toBe(true);
      await underTest.leave([lane("last", clock.now())]);
      expect(await heard.until((rings) => rings.some(isLane("last")))).toBe(true);
      expect(heard.rings.filter(isLane("again"))).toHaveLength(1);
    });

    test("after stop nothing is answered any more", async () => {
      const underTest = await open();
      const heard = await listenTo(underTest);
      await underTest.doorbell.stop();
      await underTest.leave([{ kind: "jobs", at: clock.now() }, lane("silent", clock.now())]);
      expect(heard.rings).toEqual([]);
    });
  });
}

describeDoorbell("the timer of one process", async () => {
  const doorbell = createTimerDoorbell({ clock });
  return { doorbell, leave: async (rings) => doorbell.ring(rings) };
});

describe("on PostgreSQL", () => {
  let database: TestDatabase;
  let other: Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    other = new Client({ connectionString: database.connectionString });
    other.on("error", silent);
    await other.connect();
  });
  beforeEach(async () => {
    await other.query("delete from ringback_graphile._private_jobs");
  });
  afterAll(async () => {
    await other.end();
    await database.drop();
  });

  const doorbellOf = (answers = { jobs: true, lanes: true }) =>
    createGraphileDoorbell({ connectionString: database.connectionString, clock, random, log, answers });
  /** As another process's transaction does. */
  const leave = async (rings: readonly Ring[]): Promise<void> => {
    const statement = ringStatement(rings, clock);
    if (statement !== null) await other.query(statement.text, [...statement.values]);
  };
  const left = async (): Promise<number> =>
    Number(
      (await other.query<{ count: string }>("select count(*) from ringback_graphile.jobs")).rows[0]?.count,
    );

  describeDoorbell("graphile-worker, rung by another process", async () => ({
    doorbell: doorbellOf(),
    leave,
  }));

  test("a process hears of what it has committed itself without asking the database", async () => {
    const doorbell = doorbellOf();
    const heard = await listenTo({ doorbell, leave });
    doorbell.ring([
      { kind: "jobs", at: clock.now() },
      { kind: "cancel", tenantId: "t", jobId: "job_1" },
    ]);
    expect(await heard.until((rings) => rings.some(({ kind }) => kind === "cancel"))).toBe(true);
    expect(await left()).toBe(0);
  });

  test("each ring is answered by a process that can do something about it, by one of them, and is gone then", async () => {
    const [jobs, lanes] = await Promise.all(
      [
        { jobs: true, lanes: false },
        { jobs: false, lanes: true },
      ].map((answers) => listenTo({ doorbell: doorbellOf(answers), leave })),
    );
    const names = Array.from({ length: 30 }, (_, at) => `lane-${at}`);
    await leave([{ kind: "jobs", at: clock.now() }, ...names.map((name) => lane(name, clock.now()))]);
    expect(await lanes?.until((rings) => names.every((name) => rings.some(isLane(name))))).toBe(true);
    expect(await jobs?.until((rings) => rings.length > 0)).toBe(true);
    expect(lanes?.rings).toHaveLength(30);
    expect(jobs?.rings.every(({ kind }) => kind === "jobs")).toBe(true);
    await waitUntil(left, { holds: (count) => count === 0, timeoutMs: 5_000, what: "end of the rings" });
  });

  test("a full process passes on: a ring for jobs comes back to somebody", async () => {
    const doorbell = doorbellOf();
    const heard = await listenTo({ doorbell, leave });
    doorbell.passOn();
    expect(await heard.until((rings) => rings.some(({ kind }) => kind === "jobs"))).toBe(true);
  });

  test("a graphile-worker that stops by itself is started again", async () => {
    const doorbell = doorbellOf();
    const heard = await listenTo({ doorbell, leave });
    await leave([lane("before", clock.now())]);
    expect(await heard.until((rings) => rings.some(isLane("before")))).toBe(true);
    // It ends itself when it hears of a migration that it does not know.
    await other.query(`select pg_notify('worker:migrate', '{"migrationNumber":99,"breaking":true}')`);
    await waitUntil(async () => doorbell.restarts(), {
      holds: (restarts) => restarts > 0,
      timeoutMs: 10_000,
      what: "restart of graphile-worker",
    });
    await leave([lane("after", clock.now())]);
    expect(await heard.until((rings) => rings.some(isLane("after")))).toBe(true);
    expect(process.exitCode).toBeUndefined();
  });

  test("F46 its connections are terminated, idle and listening ones too: the process lives, and rings are heard again", async () => {
    const doorbell = doorbellOf();
    const heard = await listenTo({ doorbell, leave });
    await leave([lane("one", clock.now())]);
    expect(await heard.until((rings) => rings.some(isLane("one")))).toBe(true);
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'ringback rings'`,
    );
    await leave([lane("two", clock.now())]);
    expect(await heard.until((rings) => rings.some(isLane("two")))).toBe(true);
  });

  test("F74 a ring that a process took with it when it died is freed and answered", async () => {
    await leave([lane("taken", clock.now())]);
    await other.query(
      "update ringback_graphile._private_jobs set locked_by = 'gone', locked_at = now() - interval '61 s'",
    );
    const heard = await listenTo({ doorbell: doorbellOf(), leave });
    expect(await heard.until((rings) => rings.some(isLane("taken")))).toBe(true);
    await waitUntil(left, { holds: (count) => count === 0, timeoutMs: 5_000, what: "end of the ring" });
  });
});
