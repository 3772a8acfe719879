// One row of every table as the first migration made it, in SQL that both dialects read: what every later migration keeps.

/** A job with everything that hangs on it. `bytes` spells one byte, 0x31, in the dialect. */
export function baseRows(bytes: string): readonly string[] {
  return [
    `insert into tenant (tenant_id, created_at) values ('acme', 1)`,
    `insert into api_key (tenant_id, id, lookup, hash, scopes, created_at)
       values ('acme', 'key_1', 'abcdefghijkl', 'h', '["admin"]', 1)`,
    `insert into signing_secret (tenant_id, owner, n, sealed, created_at) values ('acme', 'callback', 1, 'v1', 1)`,
    `insert into endpoint (tenant_id, id, url, host, events, status, metadata, created_at, updated_at)
       values ('acme', 'ep_1', 'https://x.example/in', 'x.example', '["job.*"]', 'active', '{"a":1}', 1, 1)`,
    `insert into job (tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs, max_runs,
         run_timeout_ms, callback_events, callback_url, callback_origin, callback_host, deliveries_pending,
         deliveries_delivered, deliveries_dead, deliveries_canceled, created_at, started_at, finished_at, token, version)
       values ('acme', 'job_1', 'report', 'succeeded', 0, '{"customer":"c1"}', 1, 0, 0, 1, 60000, '["job.*"]',
         'https://x.example/done', 'https://x.example', 'x.example', 0, 0, 1, 0, 1, 2, 3, 1, 4)`,
    `insert into job_input (tenant_id, job_id, body) values ('acme', 'job_1', '{"n":12345678901234567890}')`,
    `insert into job_result (tenant_id, job_id, content_type, body)
       values ('acme', 'job_1', 'application/json', ${bytes})`,
    `insert into idempotency (tenant_id, key, request_hash, job_id, created_at, expires_at)
       values ('acme', 'k', 'h', 'job_1', 1, 9)`,
    `insert into event (seq, tenant_id, id, type, job_id, created_at, body)
       values (7, 'acme', 'evt_1', 'job.succeeded', 'job_1', 3, '{"type":"job.succeeded"}')`,
    `insert into lane (tenant_id, id, origin, paused, token)
       values ('acme', 'https://x.example', 'https://x.example', false, 5)`,
    `insert into delivery (tenant_id, id, event_id, event_type, job_id, lane_id, for_callback, url, host, status, trigger,
         redeliver_requested, attempts, attempts_max, round_failures, code, http_status, created_at, finished_at)
       values ('acme', 'dlv_1', 'evt_1', 'job.succeeded', 'job_1', 'https://x.example', true, 'https://x.example/done',
         'x.example', 'dead', 'auto', false, 1, 1, 1, 'gone', 410, 3, 4)`,
    `insert into attempt (tenant_id, delivery_id, n, id, trigger, started_at, duration_ms, url, outcome, code, detail,
         peer_address, request_headers, request_body_bytes, response_status, response_headers, response_truncated,
         response_body)
       values ('acme', 'dlv_1', 1, 'att_1', 'auto', 3, 12, 'https://x.example/done', 'failed', 'gone', 'It is gone.',
         '203.0.113.7', '{"a":"b"}', 2, 410, '{}', true, ${bytes})`,
    `insert into dead_letter (tenant_id, delivery_id, reason, http_status, detail, died_at)
       values ('acme', 'dlv_1', 'gone', 410, 'It is gone.', 4)`,
  ];
}

/** The tables that `baseRows` fills. */
export const baseTables = [
  "tenant",
  "api_key",
  "signing_secret",
  "endpoint",
  "job",
  "job_input",
  "job_result",
  "idempotency",
  "event",
  "lane",
  "delivery",
  "attempt",
  "dead_letter",
] as const;

/** Beside the base rows, in the tables as they were before replays: a dead letter that has been resolved, of an endpoint's delivery. */
export const rowsBeforeReplays: readonly string[] = [
  `insert into lane (tenant_id, id, endpoint_id, paused, token) values ('acme', 'ep_1', 'ep_1', false, 1)`,
  `insert into delivery (tenant_id, id, event_id, event_type, job_id, endpoint_id, lane_id, for_callback, url, host, status,
       trigger, redeliver_requested, attempts, attempts_max, round_failures, code, http_status, created_at, finished_at)
     values ('acme', 'dlv_2', 'evt_1', 'job.succeeded', 'job_1', 'ep_1', 'ep_1', false, 'https://y.example/in', 'y.example',
       'delivered', 'auto', false, 2, 2, 1, 'ok', 204, 3, 9)`,
  `insert into dead_letter (tenant_id, delivery_id, reason, http_status, detail, died_at, resolved_at)
     values ('acme', 'dlv_2', 'http_5xx', 500, null, 5, 9)`,
];

/** What the migration of the replays makes of the dead letters of both, in the order of their deliveries. */
export const lettersSinceReplays = {
  query: `select delivery_id as delivery, state, host, endpoint_id as endpoint, job_id as job, discarded_at as discarded, note
    from dead_letter order by delivery_id`,
  rows: [
    { delivery: "dlv_1", state: "open", host: "x.example", endpoint: null },
    { delivery: "dlv_2", state: "resolved", host: "y.example", endpoint: "ep_1" },
  ].map((row) => ({ ...row, job: "job_1", discarded: null, note: null })),
};
