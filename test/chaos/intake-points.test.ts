import { describe, expect, onTestFinished, test } from "vitest";
import type { ApiAnswer } from "../support/api-client.ts";
import type { JobJson } from "../support/api-shapes.ts";
import { seeded } from "../support/seed.ts";
import { makeChaosHome, type ChaosHome } from "./chaos-home.ts";
import type { Fault } from "./named-fault.ts";

const chance = seeded("chaos/intake-points");

interface Interrupted {
  readonly home: ChaosHome;
  /** Null when the server was killed before it answered. */
  readonly answer: ApiAnswer | null;
  /** Submits the same request again, to the restarted server. */
  retry(): Promise<{ readonly job: JobJson; readonly isReplayed: boolean }>;
}

/** A client's submission during which the server is killed at `fault`, and a server started on the same file. */
async function interruptedSubmission(fault: Fault): Promise<Interrupted> {
  const home = makeChaosHome();
  onTestFinished(() => home.dispose());
  const faulty = await home.startWithFault(fault);
  const key = `key-of-${fault.at}`;
  const request = {
    method: "POST",
    body: { kind: "chaos.echo", input: { fault: fault.at } },
    headers: { "idempotency-key": key },
  };
  const answer = await home.client.call("/v1/jobs", request).catch(() => null);
  expect(await faulty.exited).toEqual({ code: null, signal: "SIGKILL" });
  await home.start();
  return {
    home,
    answer,
    async retry() {
      const again = await home.client.expect(202, "/v1/jobs", request);
      const isReplayed = again.headers.get("idempotency-replayed") === "true";
      return { job: again.json as JobJson, isReplayed };
    },
  };
}

describe("a server killed while it takes a job", () => {
  test("F1 killed before the commit: no 202 was sent, and the client's retry makes the one job", async () => {
    const { home, answer, retry } = await interruptedSubmission({ at: "before-commit" });
    expect(answer).toBeNull();
    expect(await home.client.listAll<JobJson>("/v1/jobs")).toEqual([]);

    const { job, isReplayed } = await retry();

    expect(isReplayed).toBe(false);
    await home.client.waitForDone(job.id);
    expect(await home.client.listAll<JobJson>("/v1/jobs")).toMatchObject([
      { id: job.id, status: "succeeded" },
    ]);
  });

  test("F2 killed after the commit and before the 202: the retry gets the job that was made", async () => {
    const { home, answer, retry } = await interruptedSubmission({ at: "after-commit" });
    expect(answer).toBeNull();
    const [made, ...more] = await home.client.listAll<JobJson>("/v1/jobs");
    expect(more).toEqual([]);

    const { job, isReplayed } = await retry();

    expect(isReplayed).toBe(true);
    expect(job.id).toBe(made?.id);
    expect(await home.client.waitForDone(job.id)).toMatchObject({ status: "succeeded", runs: 1 });
    expect(await home.client.listAll<JobJson>("/v1/jobs")).toHaveLength(1);
  });

  test("F33 killed inside the transaction: the job is there whole or not at all, and the retry makes it one", async () => {
    const { home, answer, retry } = await interruptedSubmission({
      at: "in-commit",
      afterMicroseconds: chance.whole(0, 1_000),
    });
    const before = await home.client.listAll<JobJson>("/v1/jobs");
    expect(before.length).toBeLessThanOrEqual(1);
    // The commit may be over in less time than the kill takes; then its 202 may be out too, and must hold.
    if (answer !== null) expect(before.map(({ id }) => id)).toEqual([(answer.json as JobJson).id]);

    const { job, isReplayed } = await retry();

    expect(isReplayed).toBe(before.length === 1);
    expect(await home.client.waitForDone(job.id)).toMatchObject({
      status: "succeeded",
      result: { fault: "in-commit" },
    });
    expect(await home.client.listAll<JobJson>("/v1/jobs")).toHaveLength(1);
  });
});
