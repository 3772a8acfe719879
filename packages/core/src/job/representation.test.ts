import { describe, expect, test } from "vitest";
import type { JobWithPayloads } from "./job.ts";
import { inlineResultBytesMax, jobToJson } from "./representation.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const base: JobWithPayloads = {
  tenantId: "acme",
  id: "job_1",
  kind: "digest",
  status: "succeeded",
  priority: 0,
  metadata: { order: 7 },
  progress: null,
  error: null,
  runs: 1,
  callback: null,
  createdAt: at,
  runAt: null,
  startedAt: at + 1,
  finishedAt: at + 2,
  expiresAt: Date.parse("2026-11-23T09:00:05.000Z"),
  erasedAt: null,
  resultErasedAt: null,
  cancelRequestedAt: null,
  version: 3,
  input: '{"n":12345678901234567890}',
  result: { contentType: "application/json", body: bytes('{"b":1,"a":2}') },
};
const options = { resultUrl: null, resultBytesMax: inlineResultBytesMax };

describe("a job's JSON", () => {
  test("keeps input and result as the text they came in, byte for byte", () => {
    const json = jobToJson(base, options);
    expect(json).toContain('"input":{"n":12345678901234567890}');
    expect(json).toContain('"result":{"b":1,"a":2}');
  });

  test("has every member of the contract and none that is absent", () => {
    expect(JSON.parse(jobToJson(base, options))).toMatchObject({
      id: "job_1",
      kind: "digest",
      status: "succeeded",
      done: true,
      runs: 1,
      metadata: { order: 7 },
      version: 3,
      createdAt: "2026-01-02T03:04:05.006Z",
      startedAt: "2026-01-02T03:04:05.007Z",
      finishedAt: "2026-01-02T03:04:05.008Z",
      expiresAt: "2026-11-23T09:00:05.000Z",
      links: {
        self: "/v1/jobs/job_1",
        status: "/v1/jobs/job_1/status",
        result: "/v1/jobs/job_1/result",
        events: "/v1/jobs/job_1/events",
      },
    });
    const queued = jobToJson(
      {
        ...base,
        status: "queued",
        input: null,
        result: null,
        startedAt: null,
        finishedAt: null,
        expiresAt: null,
      },
      options,
    );
    expect(Object.keys(JSON.parse(queued) as object)).toEqual([
      "id",
      "kind",
      "status",
      "done",
      "input",
      "runs",
      "metadata",
      "createdAt",
      "version",
      "links",
    ]);
  });

  test("leaves out a result that is too long or not JSON, and names where it is", () => {
    const link = { ...options, resultUrl: "https://rb.example/v1/jobs/job_1/result?token=t" };
    const long = { contentType: "application/json", body: bytes(`"${"x".repeat(inlineResultBytesMax)}"`) };
    for (const result of [long, { contentType: "text/csv", body: bytes("a,b") }]) {
      expect(JSON.parse(jobToJson({ ...base, result }, link))).toMatchObject({ resultUrl: link.resultUrl });
      expect(JSON.parse(jobToJson({ ...base, result }, link))).not.toHaveProperty("result");
    }
    expect(jobToJson(base, link)).not.toContain("resultUrl");
  });

  test("never repeats a callback's query string", () => {
    const callback = {
      url: "https://example.com/hook?token=canary",
      endpointId: null,
      deliveries: { pending: 1, delivered: 0, dead: 0, canceled: 0 },
    };
    const json = jobToJson({ ...base, callback }, options);
    expect(json).not.toContain("canary");
    expect(JSON.parse(json)).toMatchObject({
      callback: { url: "https://example.com/hook", deliveries: { pending: 1 } },
    });
  });
});
