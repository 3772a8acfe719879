// How the large tables lie on disk: what retention deletes is room for what comes next, so they do not grow for ever.
import type { Client } from "pg";
import { describe, expect, it } from "vitest";
import { openScene, present, tenantId } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

const rows = 5_000;
const hourMs = 3_600_000;
const retention = {
  eventsMs: 2 * hourMs,
  deliveriesMs: 2 * hourMs,
  deadLettersMs: 2 * hourMs,
  tombstonesMs: 9e12,
  attemptBodiesMs: 9e12,
  replaysMs: 9e12,
};

describe("the layout on PostgreSQL", () => {
  const cluster = useCluster();

  it("F56 events, deliveries and attempts take no more room when as many come as have gone", async () => {
    const opened = await cluster.openForTest();
    const client = await cluster.connect(opened.connectionString);
    const scene = await openScene(async () => opened);
    await client.query(
      `insert into lane (tenant_id, id, origin, paused, token) values ($1, 'l', 'o', false, 1)`,
      [tenantId],
    );
    const sizes: Sizes[] = [];
    // An hour's rows come, and those of the hour before last go: the youngest lie behind them, so no file gets shorter.
    for (let hour = 1; hour <= 5; hour += 1) {
      await tell(client, { hour, at: scene.now() });
      sizes.push(await sizesOf(client));
      scene.pass(hourMs);
      while ((await opened.store.expire({ now: scene.now(), limit: 500, retention })) >= 500);
      expect(await countOf(client)).toEqual({ event: rows, delivery: rows, attempt: rows });
      await client.query("vacuum event, delivery, attempt");
    }
    const [first, second, ...later] = sizes;
    // It is no small thing that stays the same, and it grew as long as nothing was over.
    expect(first?.event).toBeGreaterThan(1_000_000);
    for (const table of ["event", "delivery", "attempt"] as const) {
      const full = present(second)[table];
      expect(full).toBeGreaterThan(1.9 * present(first)[table]);
      for (const size of later) expect(size[table], table).toBeLessThanOrEqual(1.01 * full);
    }
  }, 60_000);

  it("the storage parameters are those that the migration says", async () => {
    const { connectionString } = await cluster.openForTest();
    const parameters = await cluster.ask<{ name: string; options: string[]; toast: string[] | null }>(
      connectionString,
      `select t.relname as name, t.reloptions as options, toast.reloptions as toast
       from pg_class as t left join pg_class as toast on toast.oid = t.reltoastrelid
       where t.relkind = 'r' and t.reloptions is not null order by 1`,
    );
    const often = ["autovacuum_vacuum_scale_factor=0.02", "autovacuum_analyze_scale_factor=0.02"];
    const appended = [often[0], "autovacuum_vacuum_insert_scale_factor=0.05", often[1]];
    expect(parameters).toEqual([
      { name: "attempt", options: appended, toast: [often[0]] },
      { name: "delivery", options: ["fillfactor=85", ...often], toast: null },
      { name: "event", options: appended, toast: [often[0]] },
      { name: "job", options: ["fillfactor=70", ...often], toast: null },
      { name: "lane", options: ["fillfactor=50", "autovacuum_vacuum_scale_factor=0.05"], toast: null },
    ]);
  });
});

interface Sizes {
  readonly event: number;
  readonly delivery: number;
  readonly attempt: number;
}

/** Events with one delivered delivery each, of one attempt. */
async function tell(
  client: Client,
  { hour, at }: { readonly hour: number; readonly at: number },
): Promise<void> {
  const id = (prefix: string): string => `'${prefix}_${hour}_' || lpad(n::text, 9, '0')`;
  const series = `generate_series(1, ${rows}) as n`;
  await client.query(
    `insert into event (tenant_id, id, type, created_at, body)
     select '${tenantId}', ${id("evt")}, 'job.succeeded', ${at}, repeat('x', 300) from ${series}`,
  );
  await client.query(
    `insert into delivery (tenant_id, id, event_id, event_type, endpoint_id, lane_id, for_callback, url, host, status,
       trigger, redeliver_requested, attempts, round_failures, code, http_status, created_at, finished_at)
     select '${tenantId}', ${id("dlv")}, ${id("evt")}, 'job.succeeded', 'ep_1', 'l', false, 'https://x.example/', 'x.example',
       'delivered', 'auto', false, 1, 0, 'ok', 200, ${at}, ${at} from ${series}`,
  );
  await client.query(
    `insert into attempt (tenant_id, delivery_id, n, id, trigger, started_at, duration_ms, url, outcome, code,
       response_status, response_headers, response_truncated, response_body)
     select '${tenantId}', ${id("dlv")}, 1, ${id("att")}, 'auto', ${at}, 1, 'https://x.example/', 'delivered', 'ok', 200, '{}',
       false, repeat('y', 200)::bytea from ${series}`,
  );
}

async function sizesOf(client: Client): Promise<Sizes> {
  const { rows: sizes } = await client.query<Sizes>(
    `select pg_relation_size('event') as event, pg_relation_size('delivery') as delivery,
       pg_relation_size('attempt') as attempt`,
  );
  return sizes[0] ?? { event: 0, delivery: 0, attempt: 0 };
}

async function countOf(client: Client): Promise<Sizes | undefined> {
  const { rows: counts } = await client.query<Sizes>(
    `select (select count(*) from event) as event, (select count(*) from delivery) as delivery,
       (select count(*) from attempt) as attempt`,
  );
  return counts[0];
}
