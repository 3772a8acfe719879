import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { JobJson } from "../support/api-shapes.ts";
import { makeServerHome, type ServerHome, type ServerProcess } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";

const settings = {
  RINGBACK_HANDLERS: fileURLToPath(new URL("isolate-handlers.ts", import.meta.url)),
  RINGBACK_RUN_MEMORY_MB: "192",
  RINGBACK_FORMER_MASTER_KEYS: Buffer.alloc(32, 7).toString("base64"),
};

/** What is tested is that an end comes and what it is; how soon depends on the machine. */
const endsWithinMs = 60_000;

describe("a handler runs in a process of its own", { timeout: 120_000 }, () => {
  let home: ServerHome;
  let server: ServerProcess;
  beforeAll(async () => {
    home = makeServerHome({ settings });
    server = await home.start();
  });
  afterAll(() => home.dispose());

  const submit = (kind: string, input?: unknown, more: object = {}): Promise<JobJson> =>
    home.client.submit({ kind, ...(input === undefined ? {} : { input }), ...more });
  const end = (job: JobJson): Promise<JobJson> => home.client.waitForDone(job.id, endsWithinMs);
  const run = async (kind: string, input?: unknown, more?: object): Promise<JobJson> =>
    end(await submit(kind, input, more));
  const saidPid = async (job: JobJson): Promise<number> => {
    const { progress } = await home.client.waitForJob(
      job.id,
      (now) => now.progress !== undefined,
      endsWithinMs,
    );
    return Number(progress?.message);
  };

  /** Some line of the log has all these words. */
  const logHas = (...words: readonly string[]): Promise<unknown> =>
    waitUntil(async () => home.output().split("\n"), {
      holds: (lines) => lines.some((line) => words.every((word) => line.includes(word))),
      timeoutMs: endsWithinMs,
      what: `log line with ${words.join(", ")}`,
    });

  /** The server is the process it was, and takes and does a job. */
  async function expectAlive(): Promise<void> {
    expect(await run("isolate.echo", "alive")).toMatchObject({
      status: "succeeded",
      result: "alive",
      runs: 1,
    });
    expect(isRunning(server.pid)).toBe(true);
  }

  test("F26 F63 it blocks its thread: intake answers and its siblings finish meanwhile; a cancel ends it by force", async () => {
    const blocked = await submit("isolate.blocks");
    const pid = await saidPid(blocked);

    await expectAlive();
    expect((await home.client.call(`/v1/jobs/${blocked.id}`)).json).toMatchObject({ status: "running" });
    expect(isRunning(pid)).toBe(true);

    await home.client.expect(202, `/v1/jobs/${blocked.id}`, { method: "DELETE" });
    expect(await end(blocked)).toMatchObject({ status: "canceled" });
    await hasEnded(pid);
  });

  test("F63 it blocks its thread beyond its time: run_timeout, and its process is gone", async () => {
    const blocked = await submit("isolate.blocks", undefined, { runTimeoutMs: 500 });
    const pid = await saidPid(blocked);

    expect(await end(blocked)).toMatchObject({ status: "failed", error: { code: "run_timeout", run: 1 } });

    await hasEnded(pid);
    await expectAlive();
  });

  test.each(["objects", "array", "map", "buffers", "slowly"])(
    "F64 it exhausts memory by %s: out_of_memory, and its sibling goes on to its end",
    async (what) => {
      const file = join(home.folder, what);
      const sibling = await submit("isolate.waits", { file });
      await saidPid(sibling);

      expect(await run("isolate.hog", { what })).toMatchObject({
        status: "failed",
        error: { code: "out_of_memory", message: "The run used more than 192 MB of memory." },
      });

      writeFileSync(file, "");
      expect(await end(sibling)).toMatchObject({ status: "succeeded", result: "waited", runs: 1 });
      await expectAlive();
    },
  );

  test.each(["exit", "abort", "segfault", "kill", "disconnect"])(
    "F65 its process ends by %s: the run is lost, and the next one takes its place at once",
    async (how) => {
      expect(await run("isolate.dies", { how })).toMatchObject({
        status: "succeeded",
        runs: 2,
        result: { runNumber: 2 },
      });
      await expectAlive();
    },
  );

  test("F73 it ends its process every time: runs_exhausted after three, and the others go on", async () => {
    expect(await run("isolate.dies", { how: "exit", always: true }, { maxRuns: 10 })).toMatchObject({
      status: "failed",
      runs: 3,
      error: { code: "runs_exhausted" },
    });
    await expectAlive();
  });

  test("F63 what it leaves behind blocks its process: the next run goes elsewhere, uncharged", async () => {
    expect(await run("isolate.leaves-trouble")).toMatchObject({ status: "succeeded", result: "returned" });
    await expectAlive();
  });

  test("F66 it throws after its end: its job is named in the log, and its process is not used again", async () => {
    const job = await run("isolate.throws-later");
    await logHas("handler_fault", job.id);
    expect(job.status).toBe("succeeded");
    expect((await run("isolate.pid")).result).not.toBe(job.result);
  });

  test("F62 what it has started ends with it", async () => {
    const job = await submit("isolate.starts", undefined, { runTimeoutMs: 5_000 });
    const pid = await saidPid(job);
    expect(isRunning(pid)).toBe(true);
    expect(await end(job)).toMatchObject({ error: { code: "run_timeout" } });
    await hasEnded(pid);
  });

  test("it logs and reports without end: the server writes a bounded part of it and says how much it left out", async () => {
    expect(await run("isolate.chatters")).toMatchObject({ status: "succeeded", result: "said it all" });
    await logHas("log_lines_dropped");
    expect(home.output().split('"chatter"').length).toBeLessThan(10_000);
  });

  test("G10 it cannot read the keys of the server", async () => {
    const { result } = await run("isolate.environment");
    expect(result).toContain("RINGBACK_HANDLERS");
    expect(result).not.toContain("RINGBACK_ROOT_KEY");
    expect(result).not.toContain("RINGBACK_MASTER_KEY");
    expect(result).not.toContain("RINGBACK_FORMER_MASTER_KEYS");
  });

  test("short runs share a process, one after the other", async () => {
    const pids = new Set<unknown>();
    for (let round = 0; round < 5; round += 1) pids.add((await run("isolate.pid")).result);
    expect(pids.size).toBe(1);
  });
});

describe("a server that is killed", { timeout: 60_000 }, () => {
  test("F69 takes its isolates with it, also those whose thread is blocked", async () => {
    const home = makeServerHome({ settings });
    onTestFinished(() => home.dispose());
    const server = await home.start();
    const job = await home.client.submit({ kind: "isolate.blocks" });
    const hasSaid = ({ progress }: JobJson): boolean => progress !== undefined;
    const running = await home.client.waitForJob(job.id, hasSaid, endsWithinMs);
    const pid = Number(running.progress?.message);

    await server.kill();

    expect(await hasEnded(pid)).toBe(true);
  });
});

async function hasEnded(pid: number): Promise<boolean> {
  const wait = {
    holds: (running: boolean) => !running,
    timeoutMs: endsWithinMs,
    what: `end of process ${pid}`,
  };
  return !(await waitUntil(async () => isRunning(pid), wait));
}

/** A process that nobody has asked for its exit code is over all the same. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
