import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobJson } from "../support/api-shapes.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

describe("Idempotency-Key", () => {
  let server: ServerInProcess;
  beforeAll(async () => {
    server = await startInProcess();
  });
  afterAll(() => server.stop());

  test("F5 fifty rounds of concurrent requests with one key make one job each, and every answer is that job's 202", async () => {
    for (let round = 0; round < 50; round += 1) {
      const key = `concurrent-${round}`;
      const answers = await Promise.all(
        Array.from({ length: 8 }, () =>
          server.client.expect(202, "/v1/jobs", {
            method: "POST",
            body: { kind: "e2e.echo", input: round, metadata: { key } },
            headers: { "idempotency-key": round % 2 === 0 ? key : `"${key}"` },
          }),
        ),
      );
      const ids = new Set(answers.map(({ json }) => (json as JobJson).id));
      expect(ids.size).toBe(1);
      const first = answers.filter(({ headers }) => headers.get("idempotency-replayed") === null);
      expect(first).toHaveLength(1);
      const made = await server.client.listAll<JobJson>(`/v1/jobs?metadata.key=${key}`);
      expect(made.map(({ id }) => id)).toEqual([...ids]);
    }
  });

  test("F6 the same key with another body is 422 and makes no job", async () => {
    const headers = { "idempotency-key": "reused" };
    await server.client.submit({ kind: "e2e.echo", input: 1 }, headers);

    const answer = await server.client.call("/v1/jobs", {
      method: "POST",
      body: { kind: "e2e.echo", input: 2, metadata: { second: true } },
      headers,
    });

    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: "idempotency-key-reused", status: 422 });
    await expect(server.client.listAll("/v1/jobs?metadata.second=true")).resolves.toEqual([]);
  });

  test("F7 a key that another tenant has used is independent", async () => {
    const other = await server.clientOf("idempotency-other");
    const headers = { "idempotency-key": "shared" };

    const [mine, theirs] = await Promise.all([
      server.client.expect(202, "/v1/jobs", {
        method: "POST",
        body: { kind: "e2e.echo", input: 1 },
        headers,
      }),
      other.expect(202, "/v1/jobs", { method: "POST", body: { kind: "e2e.echo", input: 2 }, headers }),
    ]);

    expect((mine.json as JobJson).id).not.toBe((theirs.json as JobJson).id);
    expect([mine, theirs].map((answer) => answer.headers.get("idempotency-replayed"))).toEqual([null, null]);
  });

  test("a replay shows the job as it is now, under its original status and headers", async () => {
    const request = {
      method: "POST",
      body: { kind: "e2e.echo", input: "now" },
      headers: { "idempotency-key": "later" },
    };
    const first = await server.client.expect(202, "/v1/jobs", request);
    await server.client.waitForDone((first.json as JobJson).id);

    const replay = await server.client.expect(202, "/v1/jobs", request);

    expect(replay.json).toMatchObject({ id: (first.json as JobJson).id, status: "succeeded", result: "now" });
    expect(replay.headers.get("idempotency-replayed")).toBe("true");
    expect(replay.headers.get("location")).toBe(first.headers.get("location"));
  });
});
