// Submitting: under an id of the client's own, many at once, and with the answer when it comes in time.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobJson, PageJson, ProblemJson } from "../support/api-shapes.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

interface BatchJson {
  readonly jobs: readonly {
    readonly index: number;
    readonly job?: JobJson;
    readonly problem?: ProblemJson;
  }[];
}

describe("submitting", () => {
  let server: ServerInProcess;
  beforeAll(async () => {
    server = await startInProcess();
  });
  afterAll(() => server.stop());

  const jobsOf = async (tag: string): Promise<readonly JobJson[]> => {
    const page = await server.client.expect(200, `/v1/jobs?metadata.tag=${tag}&limit=100`);
    return (page.json as PageJson<JobJson>).data;
  };

  test("F5 fifty requests at once under one id of the client's make one job, which runs once", async () => {
    const id = randomUUID();
    const body = { kind: "e2e.echo", input: { n: 1 }, metadata: { tag: id } };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => server.client.expect(202, `/v1/jobs/${id}`, { method: "PUT", body })),
    );
    const replays = answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true");
    expect(replays).toHaveLength(49);
    expect(await server.client.waitForDone(id)).toMatchObject({ id, status: "succeeded", runs: 1 });
    expect(await jobsOf(id)).toHaveLength(1);
    const other = await server.client.expect(422, `/v1/jobs/${id.toUpperCase()}`, {
      method: "PUT",
      body: { ...body, input: { n: 2 } },
    });
    expect((other.json as ProblemJson).code).toBe("job-id-reused");
    // Another tenant's job of the same id is another job, and neither sees the other's.
    const foreign = await server.clientOf("other-tenant");
    await foreign.expect(404, `/v1/jobs/${id}`);
    await foreign.expect(202, `/v1/jobs/${id}`, {
      method: "PUT",
      body: { kind: "e2e.echo", input: "theirs" },
    });
    expect(await foreign.waitForDone(id)).toMatchObject({ result: "theirs" });
    expect(await server.client.job(id)).toMatchObject({ result: { n: 1 } });
  });

  test("two different bodies under one id at the same time: one makes the job, the other is refused", async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = randomUUID();
      const answers = await Promise.all(
        [1, 2].map((input) =>
          server.client.call(`/v1/jobs/${id}`, { method: "PUT", body: { kind: "e2e.echo", input } }),
        ),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 422]));
      const accepted = answers.findIndex(({ status }) => status === 202) + 1;
      expect(await server.client.waitForDone(id)).toMatchObject({ result: accepted });
    }
  });

  test("a batch is accepted job by job, and sent again under its key it makes none twice", async () => {
    const tag = randomUUID();
    const jobs = Array.from({ length: 40 }, (_, n) =>
      n % 10 === 3
        ? { kind: "e2e.checked", input: { count: "many" }, metadata: { tag } }
        : { kind: "e2e.echo", input: { n }, metadata: { tag } },
    );
    const request = { method: "POST", body: { jobs }, headers: { "idempotency-key": tag } };
    const first = (await server.client.expect(202, "/v1/jobs/batch", request)).json as BatchJson;
    const again = (await server.client.expect(202, "/v1/jobs/batch", request)).json as BatchJson;
    expect(again.jobs.map(({ job }) => job?.id)).toEqual(first.jobs.map(({ job }) => job?.id));
    const accepted = first.jobs.flatMap(({ index, job }) =>
      job === undefined ? [] : [{ index, id: job.id }],
    );
    expect(accepted).toHaveLength(36);
    expect(first.jobs[3]?.problem).toMatchObject({ code: "input-invalid", status: 422 });
    await Promise.all(
      accepted.map(async ({ index, id }) => {
        expect(await server.client.waitForDone(id)).toMatchObject({ result: { n: index } });
      }),
    );
    expect(await jobsOf(tag)).toHaveLength(36);
  });

  test("an atomic batch with one mistake makes no job", async () => {
    const tag = randomUUID();
    const good = { kind: "e2e.echo", metadata: { tag } };
    const callback = { endpointId: "ep_01kat5vqt8fkz9m0w4r1x2y3z4" };
    for (const bad of [{ kind: "nowhere" }, { ...good, callback }]) {
      const body = { jobs: [good, bad, good] };
      const answer = await server.client.expect(422, "/v1/jobs/batch?atomic=true", { method: "POST", body });
      expect((answer.json as ProblemJson).code).toBe("batch-refused");
      expect((answer.json as ProblemJson).errors?.[0]?.path).toMatch(/^\/jobs\/1\//);
    }
    expect(await jobsOf(tag)).toEqual([]);
  });

  test("Prefer: wait answers with the result when it comes in time, else with 202", async () => {
    const body = { kind: "e2e.progresses" };
    const headers = { prefer: "wait=20" };
    const ended = await server.client.expect(200, "/v1/jobs", { method: "POST", body, headers });
    expect(ended.headers.get("preference-applied")).toBe("wait=20");
    expect(ended.json).toMatchObject({ status: "succeeded", result: "there" });
    const waits = { method: "POST", body: { kind: "e2e.waits" }, headers: { prefer: "wait=1" } };
    const accepted = await server.client.expect(202, "/v1/jobs", waits);
    const { id, status } = accepted.json as JobJson;
    expect(status).toBe("running");
    await server.client.expect(202, `/v1/jobs/${id}`, { method: "DELETE" });
    expect(await server.client.waitForDone(id)).toMatchObject({ status: "canceled" });
  });
});
