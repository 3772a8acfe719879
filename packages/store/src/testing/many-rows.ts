// Fills a database with many rows, spread as in years of use: most things finished, little of it due.
import type { Client } from "pg";
import { tenantId } from "../conformance/scene.ts";

/** Half of everything belongs to one tenant. */
const whose = `case when n % 2 = 0 then '${tenantId}' else 'tenant-' || n % 500 end`;
const pad = (prefix: string): string => `'${prefix}' || lpad(n::text, 9, '0')`;

const statements = (rows: number): string[] => {
  const series = (count: number): string => `generate_series(1, ${Math.round(count)}) as n`;
  return [
    "set session_replication_role = replica",
    `insert into tenant select 'tenant-' || n, 1 from ${series(500)}`,
    `insert into job_count select 'tenant-' || n, what, 100 from ${series(500)}, unnest(array['accepted', 'ended']) as what`,
    `insert into audit select ${whose}, ${pad("aud_")}, n, 'key.created', 'key_' || n % 1000, null, null, null, '{}' from ${series(rows / 20)}`,
    `insert into api_key (tenant_id, id, lookup, hash, scopes, created_at) select ${whose}, ${pad("key_")}, ${pad("l")}, 'h', '["jobs"]', n from ${series(rows / 20)}`,
    `insert into signing_secret select ${whose}, ${pad("ep_")}, 1, 'v1', n, case when n % 50 = 0 then 9e15 end from ${series(rows / 20)}`,
    `insert into endpoint select ${whose}, ${pad("ep_")}, 'https://x.example', 'x.example', '["none"]', null, null, null, null,
       'active', null, '{}', n, n from ${series(rows / 100)}`,
    `insert into job (tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs, max_runs, run_timeout_ms,
       deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled, created_at, due_at, finished_at,
       claimed_by, lease_until, token, version)
     select ${whose}, ${pad("job_")}, 'kind-' || n % 20, s, n % 5, '{"customer":"c1"}', 1, 0, 0, 1, 1, 0, 0, 0, 0, n,
       case s when 'queued' then 9e15 + n end, case s when 'succeeded' then n end,
       case s when 'running' then 'h' end, case s when 'running' then 9e15 + n end, 1, 1
     from ${series(rows)}, lateral (select case n % 50 when 1 then 'queued' when 2 then 'running' else 'succeeded' end as s) as s`,
    `insert into job_input select ${whose}, ${pad("job_")}, '{}' from ${series(rows)}`,
    `insert into job_result select ${whose}, ${pad("job_")}, 'application/json', '1' from ${series(rows / 4)}`,
    `insert into idempotency select ${whose}, ${pad("k")}, 'h', ${pad("job_")}, n, 9e15 + n from ${series(rows / 10)}`,
    `insert into event (tenant_id, id, type, job_id, created_at, body)
     select ${whose}, ${pad("evt_")}, 'job.succeeded', ${pad("job_")}, n, '{}' from ${series(rows)}`,
    `insert into lane select ${whose}, ${pad("https://l")}, null, 'o', false, case when n % 20 = 0 then 9e15 + n end,
       case when n % 50 = 1 then 'h' end, case when n % 50 = 1 then 9e15 + n end, 1 from ${series(rows / 20)}`,
    `insert into delivery (tenant_id, id, event_id, event_type, job_id, endpoint_id, lane_id, for_callback, url, host, status,
       due_at, trigger, redeliver_requested, attempts, round_failures, code, http_status, created_at, finished_at)
     select ${whose}, ${pad("dlv_")}, ${pad("evt_")}, 'job.succeeded', ${pad("job_")}, case when n % 3 = 0 then 'ep_' || n % 400 end,
       'https://l' || lpad((n % ${Math.round(rows / 20)})::text, 9, '0'), n % 3 <> 0, 'u', n % 300 || '.example', s,
       case s when 'pending' then 9e15 + n end, 'auto', false, 1, 0,
       case when n % 40 = 3 then 'no_retry' when n % 200 = 7 then 'gone' else 'ok' end, 200, n,
       case when s <> 'pending' then n end
     from ${series(rows)}, lateral (select case n % 40 when 1 then 'pending' when 3 then 'dead' else 'delivered' end as s) as s`,
    `insert into attempt (tenant_id, delivery_id, n, id, trigger, started_at, duration_ms, url, outcome, code)
     select ${whose}, ${pad("dlv_")}, 1, ${pad("att_")}, 'auto', n, 1, 'u', 'delivered', 'ok' from ${series(rows)}`,
    `insert into dead_letter select ${whose}, ${pad("dlv_")}, 'no_retry', 404, null, n, case when n % 4 > 0 then n end
     from ${series(rows)} where n % 10 = 3`,
    "set session_replication_role = default",
    "analyze",
  ];
};

/** `rows` jobs, as many events, deliveries and attempts, and fewer of the rest; then the planner knows them. */
export async function fillWithRows(client: Client, rows: number): Promise<void> {
  for (const statement of statements(rows)) await client.query(statement);
}
