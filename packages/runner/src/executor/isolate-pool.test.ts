import { afterEach, describe, expect, test } from "vitest";
import { createKeptLog, makeClaimed, makeJob } from "../testing/fakes.ts";
import { realClock } from "../testing/real-clock.ts";
import type { Execution, ExecutionEnd, LongLivedExecutor, Told } from "./executor.ts";
import { createIsolatePool, type IsolateLimits } from "./isolate-pool.ts";

const open: LongLivedExecutor[] = [];
afterEach(() => Promise.all(open.splice(0).map((pool) => pool.close())));

function makePool(limits: Partial<IsolateLimits> = {}, mode = "sound", isolatesMax = 4) {
  const log = createKeptLog();
  const pool = createIsolatePool({
    entry: new URL("../testing/isolate-fixture.ts", import.meta.url),
    args: [mode],
    env: {},
    memoryMb: 256,
    isolatesMax,
    clock: realClock,
    log,
    handlerLog: log,
    onErrorOutput: () => undefined,
    limits,
  });
  open.push(pool);
  return { pool, log };
}

interface Begun {
  readonly execution: Execution;
  readonly pid: Promise<number>;
}

function begin(pool: LongLivedExecutor, kind: string): Begun {
  const { promise: pid, resolve } = Promise.withResolvers<number>();
  const told: Told = {
    begun: () => undefined,
    progress: (_percent, message) => resolve(Number(message)),
    fault: () => undefined,
  };
  return { execution: pool.start(makeClaimed("job_1", { job: makeJob("job_1", { kind }) }), told), pid };
}

/** Waits for what only the log shows; the test's own time is the bound. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => void realClock.after(20, resolve));
}

async function pidOf(pool: LongLivedExecutor): Promise<number> {
  return Number(textOf(await begin(pool, "pid").execution.ended));
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

const textOf = (end: ExecutionEnd): string =>
  end.kind === "succeeded" ? new TextDecoder().decode(end.result.body) : end.kind;

describe("isolates", { timeout: 60_000 }, () => {
  test("do one run at a time, one after the other, and go on after so many until another one is ready", async () => {
    const { pool } = makePool({ runsMax: 2 }, "sound", 1);
    const first = await pidOf(pool);
    let pid = await pidOf(pool);
    expect(pid).toBe(first);
    while (pid === first) pid = await pidOf(pool);
    expect(pid).not.toBeNaN();
    await until(() => isGone(first));
  });

  test("whose time is over while they do a run end with it", async () => {
    const { pool } = makePool({ runsMax: 2 }, "sound", 1);
    const first = await pidOf(pool);
    const second = begin(pool, "waits");
    expect(await second.pid).toBe(first);
    second.execution.abort("enough");
    await second.execution.ended;
    const third = begin(pool, "waits");
    expect(await third.pid).toBe(first);
    // Waits behind the third one, until the heir is there.
    const next = await pidOf(pool);
    expect(next).not.toBe(first);
    expect(isGone(first)).toBe(false);
    third.execution.abort("enough");
    expect(textOf(await third.execution.ended)).toBe("canceled");
    await until(() => isGone(first));
  });

  test("are as many as runs go on at once, and never more than there may be", async () => {
    const { pool } = makePool({}, "sound", 2);
    const [first, second, third] = [begin(pool, "waits"), begin(pool, "waits"), begin(pool, "waits")];
    const pids = new Set([await first.pid, await second.pid]);
    expect(pids.size).toBe(2);
    first.execution.abort("enough");
    expect(pids).toContain(await third.pid);
    expect(textOf(await first.execution.ended)).toBe("canceled");
  });

  test("F78 a run that waits for one and is stopped never begins", async () => {
    const { pool } = makePool({}, "sound", 1);
    const first = begin(pool, "waits");
    await first.pid;
    const second = begin(pool, "waits");
    second.execution.abort("enough");
    expect(await second.execution.ended).toEqual({ kind: "canceled" });
  });

  test("F62 one whose run was given up is ended, and the next run gets another", async () => {
    const { pool } = makePool({}, "sound", 1);
    const first = begin(pool, "waits");
    const pid = await first.pid;
    first.execution.giveUp();
    expect(await pidOf(pool)).not.toBe(pid);
  });

  test("that do not start are tried again while a run waits", async () => {
    const { pool, log } = makePool({}, "broken");
    begin(pool, "pid");
    const tries = (): number => log.events().filter((event) => event === "isolate_not_ready").length;
    await until(() => tries() > 1);
    expect(tries()).toBeGreaterThan(1);
  });

  test("a run that waits too long for one is given back as lost", async () => {
    const { pool, log } = makePool({ waitMs: 1 }, "broken");
    expect(await begin(pool, "pid").execution.ended).toEqual({ kind: "lost" });
    expect(log.events()).toContain("isolate_not_found");
  });

  test("F76 end all at once when the pool is closed, and whatever ran in them is lost", async () => {
    const { pool } = makePool();
    const first = begin(pool, "waits");
    const pid = await first.pid;
    const closed = pool.close();
    expect(await first.execution.ended).toEqual({ kind: "lost" });
    await closed;
    expect(isGone(pid)).toBe(true);
  });
});
