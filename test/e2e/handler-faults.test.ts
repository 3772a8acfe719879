import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../support/receiver.ts";
import type { ServerHome, ServerProcess } from "../support/server-process.ts";
import { makeHome } from "./e2e-home.ts";

describe("a handler that goes wrong fails its job and nothing else", { timeout: 60_000 }, () => {
  let home: ServerHome;
  let server: ServerProcess;
  beforeAll(async () => {
    home = makeHome();
    server = await home.start();
  });
  afterAll(() => home.dispose());

  async function outcome(kind: string, input?: unknown): Promise<{ code: string; message: string }> {
    const job = await home.client.submit({ kind, ...(input === undefined ? {} : { input }) });
    const done = await home.client.waitForDone(job.id, 45_000);
    expect(done.status).toBe("failed");
    return done.error ?? { code: "none", message: "" };
  }

  async function expectAlive(): Promise<void> {
    const job = await home.client.submit({ kind: "e2e.echo", input: "alive" });
    expect(await home.client.waitForDone(job.id)).toMatchObject({ status: "succeeded", result: "alive" });
    expect(process.kill(server.pid, 0)).toBe(true);
  }

  test.each(["string", "null", "undefined", "frozen", "huge", "hostile"])(
    "F61 it throws %s, at once or later: handler_error with a bounded text",
    async (what) => {
      for (const later of [false, true]) {
        const error = await outcome("e2e.throws", { what, later });
        expect(error.code).toBe("handler_error");
        expect(Buffer.byteLength(error.message)).toBeLessThanOrEqual(8_192);
      }
      await expectAlive();
    },
  );

  test("F61 what it threw can be read in the error", async () => {
    await expect(outcome("e2e.throws", { what: "string" })).resolves.toMatchObject({
      message: expect.stringContaining("a string was thrown") as string,
    });
  });

  test("F62 it never settles: run_timeout, and its slot is free again", async () => {
    const codes = await Promise.all(
      Array.from({ length: 25 }, async () => (await outcome("e2e.never")).code),
    );
    expect(new Set(codes)).toEqual(new Set(["run_timeout"]));
    await expectAlive();
  });

  test.each([
    ["cycle", "result_not_serialisable"],
    ["bigint", "result_not_serialisable"],
    ["function", "result_not_serialisable"],
    ["hostile", "result_not_serialisable"],
    ["huge", "result_too_large"],
  ])("F67 it returns %s: %s", async (what, code) => {
    await expect(outcome("e2e.returns", { what })).resolves.toMatchObject({ code });
    await expectAlive();
  });

  test.each(["e2e.stray", "e2e.stray-rejection"])(
    "F66 %s: an error that nobody catches ends the run it came from, and the process goes on",
    async (kind) => {
      await expect(outcome(kind)).resolves.toMatchObject({
        code: "handler_error",
        message: expect.stringContaining("where nobody listens") as string,
      });
      await expectAlive();
    },
  );

  test("F78 a cancel while it runs fires its signal; the job is canceled, and one callback says so", async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const callback = { url: `${receiver.origin}/canceled` };
    const job = await home.client.submit({ kind: "e2e.waits", callback });
    await home.client.waitForJob(job.id, ({ status }) => status === "running");

    await home.client.expect(202, `/v1/jobs/${job.id}`, { method: "DELETE" });

    expect(await home.client.waitForDone(job.id)).toMatchObject({ status: "canceled" });
    await home.client.expect(200, `/v1/jobs/${job.id}`, { method: "DELETE" });
    await home.client.waitForJob(job.id, (current) => current.callback?.deliveries.delivered === 1);
    expect(
      receiver.requests.map(({ body }) => (JSON.parse(body.toString("utf8")) as { type: string }).type),
    ).toEqual(["job.canceled"]);
  });

  test("progress is seen while it runs", async () => {
    const job = await home.client.submit({ kind: "e2e.progresses" });
    const seen: number[] = [];
    await home.client.waitForJob(job.id, ({ progress, done }) => {
      if (progress !== undefined) seen.push(progress.percent);
      return done;
    });
    expect(seen).toContain(25);
    expect(seen).toContain(75);
  });

  test("a run that fails is tried again up to maxRuns, with a pause between", async () => {
    const job = await home.client.submit({ kind: "e2e.fails-once" });
    const done = await home.client.waitForDone(job.id);
    expect(done).toMatchObject({ status: "succeeded", runs: 2, result: { runNumber: 2 } });
  });
});
