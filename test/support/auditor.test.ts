import { describe, expect, test } from "vitest";
import { Webhook } from "standardwebhooks";
import type { ApiClient } from "./api-client.ts";
import type { AttemptJson, DeliveryDetailJson, JobJson } from "./api-shapes.ts";
import { audit, type AuditInput } from "./auditor.ts";
import type { ReceivedRequest } from "./receiver.ts";
import { whsec } from "./whsec.ts";

const secret = whsec("auditor");
const startedAt = Date.now() - 10_000;

const job: JobJson = {
  id: "job_1",
  kind: "k",
  status: "succeeded",
  done: true,
  result: { answer: 42 },
  runs: 1,
  metadata: { mark: "m1" },
  callback: { url: "http://127.0.0.1:9/cb", deliveries: { pending: 0, delivered: 1, dead: 0, canceled: 0 } },
  createdAt: new Date(startedAt).toISOString(),
  finishedAt: new Date(startedAt).toISOString(),
  version: 3,
  links: { self: "", status: "", result: "", events: "" },
};

function attempt(n: number, more: Partial<AttemptJson> = {}): AttemptJson {
  const at = new Date(startedAt + n * 1_000).toISOString();
  const url = "http://127.0.0.1:9/cb";
  return { n, trigger: "auto", startedAt: at, durationMs: 5, url, outcome: "delivered", code: "ok", ...more };
}

const delivery: DeliveryDetailJson = {
  id: "dlv_1",
  eventId: "evt_1",
  jobId: "job_1",
  status: "delivered",
  createdAt: new Date(startedAt).toISOString(),
  attempts: [attempt(1)],
  explain: "",
};

function request(more: Partial<ReceivedRequest> & { readonly told?: JobJson } = {}): ReceivedRequest {
  const { told = job, webhookId = "evt_1", ...rest } = more;
  const body = Buffer.from(JSON.stringify({ type: "job.succeeded", data: told }));
  const sentAt = new Date();
  const headers = {
    host: "127.0.0.1:9",
    "webhook-id": webhookId,
    "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret).sign(webhookId, sentAt, body.toString("utf8")),
  };
  const plain = { at: startedAt, method: "POST", path: "/cb", occurrence: 1, answeredStatus: 204 };
  return { ...plain, headers, body, webhookId, ...rest };
}

/** An API that shows exactly these jobs and deliveries. */
function api(jobs: readonly JobJson[], deliveries: readonly DeliveryDetailJson[]): ApiClient {
  const found = <Item extends { readonly id: string }>(items: readonly Item[], id: string): Promise<Item> => {
    const item = items.find((each) => each.id === id);
    return item === undefined ? Promise.reject(new Error(`no ${id}`)) : Promise.resolve(item);
  };
  return {
    listAll: (path: string) => Promise.resolve(path.startsWith("/v1/jobs") ? jobs : deliveries),
    job: (id: string) => found(jobs, id),
    delivery: (id: string) => found(deliveries, id),
  } as unknown as ApiClient;
}

function input(more: Partial<AuditInput> = {}): AuditInput {
  return {
    client: api([job], [delivery]),
    accepted: [{ mark: "m1", jobId: "job_1" }],
    unanswered: [],
    received: [request()],
    secretOf: () => secret,
    ...more,
  };
}

describe("the auditor", () => {
  test("finds nothing where everything held", async () => {
    await expect(audit(input())).resolves.toEqual([]);
  });

  test("accepts a duplicate that an unknown outcome explains", async () => {
    const attempts = [attempt(1, { outcome: "outcome_unknown", code: "outcome_unknown" }), attempt(2)];
    const explained = input({
      client: api([job], [{ ...delivery, attempts }]),
      received: [request(), request({ occurrence: 2 })],
    });
    await expect(audit(explained)).resolves.toEqual([]);
  });

  test.each<[string, Partial<AuditInput>]>([
    [
      "I1",
      {
        accepted: [
          { mark: "m1", jobId: "job_1" },
          { mark: "m2", jobId: "job_2" },
        ],
      },
    ],
    ["I2", { client: api([{ ...job, status: "running", done: false }], [delivery]), received: [] }],
    ["I2", { client: api([job], [{ ...delivery, status: "pending" }]) }],
    [
      "I3",
      {
        client: api(
          [job],
          [{ ...delivery, attempts: [attempt(1, { durationMs: 5_000, outcome: "failed" }), attempt(2)] }],
        ),
      },
    ],
    [
      "I4",
      { client: api([job], [{ ...delivery, attempts: [attempt(1, { outcome: "failed" }), attempt(3)] }]) },
    ],
    ["I4", { received: [request(), request({ answeredStatus: 500 })] }],
    ["I5", { client: api([job], [{ ...delivery, attempts: [attempt(1), attempt(2)] }]) }],
    ["I6", { received: [request(), request({ webhookId: "evt_2" })] }],
    ["I7", { received: [request({ told: { ...job, result: { answer: 43 } } })] }],
    [
      "I8",
      {
        client: api([job, { ...job, id: "job_2" }], [delivery, { ...delivery, id: "dlv_2", jobId: "job_2" }]),
      },
    ],
    ["I8", { accepted: [] }],
    ["I9", { stranger: { call: () => Promise.resolve({ status: 200 }) } as unknown as ApiClient }],
    ["I10", { canary: { text: "CANARY", logs: "a line with CANARY in it" } }],
    [
      "I11",
      {
        client: api(
          [job],
          [
            {
              ...delivery,
              attempts: [
                attempt(1, { outcome: "failed", retryAt: new Date(startedAt + 60_000).toISOString() }),
                attempt(2),
              ],
            },
          ],
        ),
      },
    ],
    ["I12", { secretOf: () => whsec("another") }],
    ["G2", { received: [] }],
    ["G2", { client: api([job], []), received: [] }],
    [
      "G3",
      {
        client: api([job], [{ ...delivery, attempts: [attempt(1, { outcome: "failed" }), attempt(2)] }]),
        received: [request(), request()],
      },
    ],
  ])("names a violation of %s", async (invariant, planted) => {
    const violations = await audit(input(planted));
    expect(violations.join("\n")).toMatch(new RegExp(`^${invariant}:`, "m"));
  });
});
