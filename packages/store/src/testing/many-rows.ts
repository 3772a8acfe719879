// Many rows in every table, spread as in years of use: most things finished, little of it due. In SQL that both dialects read.
import { tenantId } from "../conformance/scene.ts";

/** Half of everything belongs to one tenant. */
const whose = `case when n % 2 = 0 then '${tenantId}' else 'tenant-' || (1 + n % 500) end`;
/** Ids of equal length, as real ones are. */
const id = (prefix: string, n = "n"): string => `'${prefix}' || (1000000000 + ${n})`;
const far = "9000000000000000 + n";
/** With the tests' own key, or with another one; neither opens. */
const sealed = "case when n % 8 = 0 then 'v1.630dcd29.a.b.c' else 'v1.0a0b0c0d.a.b.c' end";

export interface RowsDialect {
  /** Spells one byte. */
  readonly bytes: string;
  /** A query for the numbers from 1 to this one, in a column `n`. */
  readonly count: (to: number) => string;
}

/**
 * `rows` jobs, as many events, deliveries and attempts, and fewer of the rest. Foreign keys must be off while they are
 * inserted.
 */
export function manyRows(rows: number, { bytes, count }: RowsDialect): readonly string[] {
  /** `more` are columns beside `n` that others are made of. */
  const series = (to: number, more = ""): string =>
    `(select n${more} from (${count(Math.round(to))}) as counted) as s`;
  const lanes = Math.round(rows / 4);
  const jobStatus = "case n % 50 when 1 then 'queued' when 2 then 'running' else 'succeeded' end as status";
  const deliveryStatus =
    "case n % 40 when 1 then 'pending' when 3 then 'dead' else 'delivered' end as status";
  return [
    `insert into tenant (tenant_id, created_at) select 'tenant-' || n, 1 from ${series(500)}`,
    `insert into job_count (tenant_id, what, total) select 'tenant-' || n, 'accepted', 100 from ${series(500)}`,
    `insert into job_count (tenant_id, what, total) select 'tenant-' || n, 'ended', 100 from ${series(500)}`,
    `insert into audit (tenant_id, id, at, action, subject, key_tenant_id, key_id, details)
     select ${whose}, ${id("aud_")}, n, 'key.act_' || (n % 7), 'key_' || (n % 1000), ${whose}, 'key_' || (n % 5), '{}' from ${series(rows)}`,
    `insert into feed_floor (tenant_id, seq, told_at) select 'tenant-' || n, n, n from ${series(500)}`,
    `insert into api_key (tenant_id, id, lookup, hash, scopes, created_at)
     select ${whose}, ${id("key_")}, ${id("l")}, 'h', '["jobs"]', n from ${series(rows / 20)}`,
    `insert into signing_secret (tenant_id, owner, n, sealed, created_at, expires_at)
     select ${whose}, ${id("ep_")}, 1, ${sealed}, n, case when n % 50 = 0 then 9000000000000000 end from ${series(rows)}`,
    `insert into endpoint (tenant_id, id, url, host, events, status, metadata, created_at, updated_at, sealed_headers)
     select ${whose}, ${id("ep_")}, 'https://x.example', 'x.example', '["none"]', 'active', '{}', n, n,
       case when n % 18 = 9 then ${sealed} end
     from ${series(rows / 100)}`,
    `insert into job (tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs, max_runs,
       run_timeout_ms, deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled, created_at, due_at,
        finished_at, claimed_by, lease_until, token, version, callback_sealed_secret)
      select ${whose}, ${id("job_")}, 'kind-' || (n % 20), status, n % 5, '{"customer":"c1"}', 1, 0, 0, 1, 1, 0, 0, 0, 0, n,
       case status when 'queued' then ${far} end, case status when 'succeeded' then n end,
       case status when 'running' then 'h' end, case status when 'running' then ${far} end, 1, 1,
       case when n % 4 = 0 then ${sealed} end
     from ${series(rows, `, ${jobStatus}`)}`,
    `insert into job_input (tenant_id, job_id, body) select ${whose}, ${id("job_")}, '{}' from ${series(rows / 4)}`,
    `insert into job_result (tenant_id, job_id, content_type, body)
     select ${whose}, ${id("job_")}, 'application/json', ${bytes} from ${series(rows / 4)}`,
    `insert into idempotency (tenant_id, key, request_hash, job_id, created_at, expires_at)
     select ${whose}, ${id("k")}, 'h', ${id("job_")}, n, ${far} from ${series(rows)}`,
    `insert into event (tenant_id, id, type, job_id, created_at, body)
     select ${whose}, ${id("evt_")}, 'job.succeeded', ${id("job_")}, n, '{}' from ${series(rows / 4)}`,
    `insert into lane (tenant_id, id, origin, paused, due_at, claimed_by, lease_until, token)
     select ${whose}, ${id("https://l")}, 'o', false, case when n % 20 = 0 then ${far} end,
       case when n % 50 = 1 then 'h' end, case when n % 50 = 1 then ${far} end, 1 from ${series(lanes)}`,
    `insert into delivery (tenant_id, id, event_id, event_type, job_id, endpoint_id, lane_id, for_callback, url, host,
       status, due_at, trigger, redeliver_requested, attempts, round_failures, code, http_status, created_at, finished_at)
     select ${whose}, ${id("dlv_")}, ${id("evt_")}, 'job.succeeded', ${id("job_")},
       case when n % 3 = 0 then 'ep_' || (n % 400) end, ${id("https://l", `n % ${lanes}`)}, n % 3 <> 0, 'u',
       (n % 300) || '.example', status, case status when 'pending' then ${far} end, 'auto', false, 1, 0,
       case when n % 40 = 3 then 'no_retry' when n % 200 = 7 then 'gone' else 'ok' end, 200, n,
       case when status <> 'pending' then n end
     from ${series(rows, `, ${deliveryStatus}`)}`,
    `insert into attempt (tenant_id, delivery_id, n, id, trigger, started_at, duration_ms, url, outcome, code)
     select ${whose}, ${id("dlv_")}, 1, ${id("att_")}, 'auto', n, 1, 'u', 'delivered', 'ok' from ${series(rows)}`,
    `insert into dead_letter (tenant_id, delivery_id, reason, http_status, died_at, state, resolved_at, host, endpoint_id, job_id)
     select ${whose}, ${id("dlv_")}, case when n % 7 = 0 then 'gone' else 'no_retry' end, 404 + n % 5, n,
       case when n % 4 > 0 then 'resolved' else 'open' end, case when n % 4 > 0 then n end, (n % 300) || '.example',
       case when n % 3 = 0 then 'ep_' || (n % 400) end, ${id("job_")}
     from ${series(rows)} where n % 10 = 3 or n % 20 = 4`,
    `insert into replay (tenant_id, id, status, plan, selection, total, waiting, under_way, delivered, failed, skipped,
       judged_delivered, judged_failed, next_at, token, created_at, finished_at, version)
     select ${whose}, ${id("rpl_")}, 'completed', '{"filter":{}}', 'n', 1, 0, 0, 1, 0, 0, 1, 0, n, 1, n, n, 2
     from ${series(rows / 100)}`,
    `insert into replay_item (tenant_id, replay_id, delivery_id, n, state)
     select case when n % ${Math.round(rows / 100)} % 2 = 0 then '${tenantId}' else 'tenant-1' end,
       ${id("rpl_", `n % ${Math.round(rows / 100)}`)}, ${id("dlv_")}, n, case when n % 50 = 1 then 'waiting' else 'delivered' end
     from ${series(rows)}`,
  ];
}
