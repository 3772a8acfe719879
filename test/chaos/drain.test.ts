import { describe, expect, onTestFinished, test } from "vitest";
import type { JobJson } from "../support/api-shapes.ts";
import type { ServerHome } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { makeChaosHome } from "./chaos-home.ts";

const clients = 6;
/** Requests before SIGTERM, so that the server is under load when it comes. */
const warmUp = 30;

interface LoadSeen {
  readonly accepted: readonly string[];
  /** Requests that were not answered, by their error. */
  readonly broken: readonly string[];
}

/** What a load balancer does: it asks /readyz again and again, and sends clients only while the answer is 200. */
interface Balancer {
  isReady: boolean;
  /** Every answer of /readyz, in order. */
  readonly answers: number[];
}

/** Resolves when the port is closed. */
async function watchReadiness(home: ServerHome, balancer: Balancer): Promise<void> {
  const status = await home.client.call("/readyz").then(
    (answer) => answer.status,
    () => null,
  );
  if (status === null) return;
  balancer.answers.push(status);
  balancer.isReady = status === 200;
  await watchReadiness(home, balancer);
}

/** Submits from several clients at once while the server is ready. `onAccepted` hears the number of 202s so far. */
async function loadWhileReady(
  home: ServerHome,
  balancer: Balancer,
  onAccepted: (count: number) => void,
): Promise<LoadSeen> {
  const accepted: string[] = [];
  const broken: string[] = [];
  const one = async (): Promise<void> => {
    if (!balancer.isReady) return;
    try {
      const job = await home.client.submit({ kind: "chaos.work", input: { forMs: 5 } });
      onAccepted(accepted.push(job.id));
    } catch (thrown) {
      broken.push(reasonOf(thrown));
    }
    await one();
  };
  await Promise.all(Array.from({ length: clients }, one));
  return { accepted, broken };
}

/** fetch wraps the socket's error as its cause. */
function reasonOf(thrown: unknown): string {
  const cause: unknown = thrown instanceof Error ? thrown.cause : undefined;
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return thrown instanceof Error ? thrown.message : String(thrown);
}

describe("SIGTERM", () => {
  test("F25 under load: not ready first, no connection is reset, exit 0, and every accepted job is there", async () => {
    const home = makeChaosHome();
    onTestFinished(() => home.dispose());
    const server = await home.start({ RINGBACK_DRAIN_DELAY_MS: "1000" });
    const warm = Promise.withResolvers<void>();
    const balancer: Balancer = { isReady: true, answers: [] };
    const load = loadWhileReady(home, balancer, (count) => {
      if (count === warmUp) warm.resolve();
    });
    const readiness = watchReadiness(home, balancer);
    await warm.promise;

    const exit = await server.terminate();

    const { accepted, broken } = await load;
    await readiness;
    expect(exit).toEqual({ code: 0, signal: null });
    expect(broken).toEqual([]);
    expect(balancer.answers[0]).toBe(200);
    expect(balancer.answers.at(-1), "the last answer of /readyz before the port closed").toBe(503);
    await home.start();
    const jobs = await waitUntil(() => home.client.listAll<JobJson>("/v1/jobs?limit=200"), {
      holds: (listed) => listed.every(({ done }) => done),
      what: "list of jobs that are all done",
      timeoutMs: 15_000,
    });
    expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(accepted));
  });

  test("F76 a run that does not finish in time is given back and not held against its job", async () => {
    const home = makeChaosHome();
    onTestFinished(() => home.dispose());
    const server = await home.start({ RINGBACK_DRAIN_MS: "1000" });
    const job = await home.client.submit({ kind: "chaos.work", input: { forMs: 30_000 } });
    await home.client.waitForJob(job.id, ({ status }) => status === "running");

    const exit = await server.terminate();

    expect(exit).toEqual({ code: 0, signal: null });
    await home.start();
    const again = await home.client.waitForJob(job.id, ({ runs }) => runs === 2);
    expect(again).toMatchObject({ status: "running" });
    expect(again.error).toBeUndefined();
  });

  test("F121 a long poll that is open when the server stops ends with the job's present state", async () => {
    const home = makeChaosHome();
    onTestFinished(() => home.dispose());
    const server = await home.start({ RINGBACK_DRAIN_MS: "1000" });
    const job = await home.client.submit({ kind: "chaos.work", input: { forMs: 30_000 } });
    const running = await home.client.waitForJob(job.id, ({ progress }) => progress?.percent === 50);
    const etag = (await home.client.call(`/v1/jobs/${job.id}`)).headers.get("etag") ?? "";
    const poll = home.client.call(`/v1/jobs/${job.id}`, {
      headers: { "if-none-match": etag, prefer: "wait=60" },
    });

    const exit = await server.terminate();

    const answer = await poll;
    expect(exit.code).toBe(0);
    expect([200, 304]).toContain(answer.status);
    if (answer.status === 200) expect(answer.json).toMatchObject({ id: running.id });
  });
});
