import { afterEach, describe, expect, test } from "vitest";
import type { JobJson, PageJson } from "../support/api-shapes.ts";
import { apiClient, type ApiClient } from "../support/api-client.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import type { Settings } from "../support/server-process.ts";
import { startInProcess } from "./e2e-home.ts";

let server: ServerInProcess | null = null;

async function start(settings: Settings): Promise<ServerInProcess> {
  server = await startInProcess({ settings });
  return server;
}

afterEach(async () => {
  await server?.stop();
  server = null;
});

/** Jobs that stay queued. */
const later = { kind: "e2e.echo", runAt: "2099-01-01T00:00:00Z" };

async function statusesOf(
  client: ApiClient,
  count: number,
  body: object = later,
): Promise<Record<number, number>> {
  const answers = await Promise.all(
    Array.from({ length: count }, () => client.call("/v1/jobs", { method: "POST", body })),
  );
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe("admission", () => {
  test("F24 a burst of ten times the rate is 429 beyond it, with the fields of the draft, and other keys notice nothing", async () => {
    const { clientOf } = await start({ RINGBACK_REQUESTS_PER_MINUTE: "20" });
    const [hasty, calm] = await Promise.all([clientOf("hasty", ["jobs"]), clientOf("calm", ["jobs"])]);
    const answers = await Promise.all(Array.from({ length: 200 }, () => hasty.call("/v1/jobs")));
    const passed = answers.filter(({ status }) => status === 200).length;
    // What flowed into the bucket meanwhile comes on top of what it held.
    expect(passed).toBeGreaterThanOrEqual(20);
    expect(passed).toBeLessThan(40);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json).toMatchObject({ code: "rate-limited" });
    expect(refused?.headers.get("ratelimit-policy")).toBe('"default";q=20;w=60');
    expect(refused?.headers.get("ratelimit")).toMatch(/^"default";r=0;t=[1-3]$/);
    expect(refused?.headers.get("retry-after")).toMatch(/^[1-3]$/);
    expect((await calm.call("/v1/jobs")).status).toBe(200);
  });

  test("an address that sends wrong keys again and again is 429 in the end, and a key that was good goes on", async () => {
    const { url, client } = await start({});
    await client.expect(200, "/v1/jobs");
    const wrong = apiClient({ url: () => url, key: `rb_live_${"a".repeat(12)}_${"b".repeat(38)}` });
    const answers = [];
    for (let at = 0; at < 100; at += 1) answers.push(await wrong.call("/v1/jobs"));
    const limited = answers.findIndex(({ status }) => status === 429);
    expect(limited).toBeGreaterThanOrEqual(60);
    expect(answers.slice(0, limited).every(({ status }) => status === 401)).toBe(true);
    expect(answers[limited]?.headers.get("retry-after")).toMatch(/^\d+$/);
    await client.expect(200, "/v1/jobs");
  });

  test("of one hundred callers at once as many are accepted as the tenant may have, and a replay is answered over the limit", async () => {
    const { clientOf } = await start({ RINGBACK_TENANT_UNFINISHED_MAX: "10" });
    const [client, other] = await Promise.all([clientOf("limited"), clientOf("other")]);
    const headers = { "idempotency-key": "before" };
    const first = await client.submit(later, headers);
    expect(await statusesOf(client, 100)).toEqual({ 202: 9, 429: 91 });
    const refused = await client.call("/v1/jobs", { method: "POST", body: later });
    expect(refused.json).toMatchObject({ code: "quota-exceeded", status: 429 });
    const again = await client.expect(202, "/v1/jobs", { method: "POST", body: later, headers });
    expect((again.json as JobJson).id).toBe(first.id);
    expect(await statusesOf(other, 5)).toEqual({ 202: 5 });
    await client.expect(200, `/v1/jobs/${first.id}`, { method: "DELETE" });
    expect(await statusesOf(client, 2)).toEqual({ 202: 1, 429: 1 });
  });

  test("the operator gives a tenant a limit of its own, which holds at once", async () => {
    const { client: operator, clientOf } = await start({});
    const client = await clientOf("small");
    const change = { limits: { unfinishedMax: 3 }, reason: "trial account" };
    await operator.expect(200, "/v1/tenants/small", { method: "PATCH", body: change });
    expect(await statusesOf(client, 10)).toEqual({ 202: 3, 429: 7 });
    const { json } = await client.expect(200, "/v1/audit?action=tenant.changed");
    expect(json).toMatchObject({ data: [{ reason: "trial account", by: { tenantId: "default" } }] });
  });

  test("F23 the whole installation takes on no more than its backlog, whoever asks", async () => {
    const { clientOf } = await start({ RINGBACK_BACKLOG_MAX: "6" });
    const [one, two] = await Promise.all([clientOf("one"), clientOf("two")]);
    expect(await statusesOf(one, 4)).toEqual({ 202: 4 });
    expect(await statusesOf(two, 10)).toEqual({ 202: 2, 503: 8 });
    const refused = await two.call("/v1/jobs", { method: "POST", body: later });
    expect(refused.json).toMatchObject({ code: "overloaded" });
    expect(refused.headers.get("retry-after")).toBe("10");
  });
});

describe("turns", () => {
  const startedOf = async (client: ApiClient): Promise<string[]> => {
    const { json } = await client.expect(200, "/v1/jobs?limit=200");
    return (json as PageJson<JobJson>).data.flatMap(({ startedAt }) =>
      startedAt === undefined ? [] : [startedAt],
    );
  };

  test("a tenant with much to do does not hold up another's first job by more than the running slots", async () => {
    const slots = 2;
    const { clientOf } = await start({ RINGBACK_RUN_CONCURRENCY: String(slots) });
    const [busy, quiet] = await Promise.all([clientOf("busy"), clientOf("quiet")]);
    await statusesOf(busy, 40, { kind: "e2e.progresses" });
    const before = await startedOf(busy);
    const { id } = await quiet.submit({ kind: "e2e.echo" });
    const { startedAt = "" } = await quiet.waitForDone(id);
    const after = await startedOf(busy);
    const between = after.filter((at) => at < startedAt).length - before.length;
    expect(between).toBeLessThanOrEqual(slots);
    expect(after.length).toBeLessThan(40);
  });

  test("a tenant that may run one job at a time runs them one after the other, without waiting for a sweep", async () => {
    const { client: operator, clientOf } = await start({});
    const client = await clientOf("single");
    const body = { limits: { runningMax: 1 } };
    await operator.expect(200, "/v1/tenants/single", { method: "PATCH", body });
    await statusesOf(client, 12, { kind: "e2e.timed" });
    const jobs = await client.listAll<JobJson>("/v1/jobs");
    // Twelve sweeps would be a minute.
    const done = await Promise.all(jobs.map(({ id }) => client.waitForDone(id)));
    const runs = done
      .map(({ result }) => result as { readonly begunAt: number; readonly endedAt: number })
      .toSorted((a, b) => a.begunAt - b.begunAt);
    const overlapping = runs.filter(({ begunAt }, at) => begunAt < (runs[at - 1]?.endedAt ?? 0));
    expect(runs).toHaveLength(12);
    expect(overlapping).toEqual([]);
  });
});
