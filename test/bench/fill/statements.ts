// Rows in bulk, as they are after days of use: what is past (delivered or dead), and what is owed now.
//
// Everything belongs to the tenant `default` and is of the last hour, so that no retention takes it away. One past event went
// to four receivers; an owed one is a job's callback to one endpoint, as large as a real one. Half of the dead letters are of
// one host, and one in 500 has a cause of its own, all of them there: what a filter finds seldom.
import { literal, type Dialect } from "./dialect.ts";

export interface Filling {
  readonly now: number;
  /** Deliveries that have ended. */
  readonly past: number;
  /** Every so manieth of them is dead: 20 as after days of use, 1 for nothing but dead letters. */
  readonly deadEvery: number;
  /** Whether what is past has had its time, too: one event for each delivery, and for each everything that expires. */
  readonly isOver?: boolean;
  /** Deliveries that are due, at endpoints that exist. */
  readonly owed: readonly Owed[];
  /** A real event's body, and the id of its job, which each owed event has its own instead of. */
  readonly sample: { readonly body: string; readonly jobId: string };
}

export interface Owed {
  readonly endpointId: string;
  readonly url: string;
  readonly count: number;
}

/** Statements to be run in this order, without foreign keys; those of `ids` are the tables that grow much. */
export interface FillStatements {
  /** Tables whose indexes are better made afterwards. */
  readonly growing: readonly string[];
  readonly statements: readonly string[];
}

const tenant = "'default'";
const receiversPerSharedEvent = 4;
/** What a receiver answers when it says something; in bytes. */
const answerBytes = 512;
/** The registered endpoints of what is past, each with a lane. */
const pastEndpoints = 200;
const rareEvery = 500;
/** What a search for few among many looks for: the host that has half of the dead letters, and the code few of them died of. */
export const rareDead = { host: "receiver-1.example", code: "gone" } as const;
const hourMs = 3_600_000;
/** Below it, indexes are kept while rows are added. */
const manyRows = 50_000;

export function fillStatements(dialect: Dialect, filling: Filling): FillStatements {
  const { past, owed, isOver = false } = filling;
  const statements = past > 0 ? pastStatements(dialect, filling) : [];
  if (isOver) statements.push(...overStatements(dialect, filling));
  let from = 0;
  for (const one of owed) {
    statements.push(...owedStatements(dialect, filling, { ...one, from }));
    from += one.count;
  }
  const isLarge = past + from > manyRows;
  const growing = ["job", "job_input", "job_result", "event", "delivery", "attempt", "dead_letter"];
  if (isOver) growing.push("idempotency", "replay_item");
  return { growing: isLarge ? growing : [], statements };
}

/** Ids as TypeIDs are: these sort before all that are made by a clock. `sort` keeps past and owed ones apart. */
function idsOf({ digits }: Dialect, sort: 1 | 2) {
  const id = (prefix: string) => (expression: string) => `'${prefix}_0${sort}' || ${digits(expression, 24)}`;
  return { job: id("job"), event: id("evt"), delivery: id("dlv"), attempt: id("att"), endpoint: id("ep") };
}

const jobColumns = `(tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs, max_runs, run_timeout_ms,
  callback_events, callback_endpoint_id, deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled,
  created_at, started_at, finished_at, token, version)`;

const deliveryColumns = `(tenant_id, id, event_id, event_type, job_id, endpoint_id, lane_id, for_callback, url, host, status,
  due_at, trigger, redeliver_requested, attempts, attempts_max, round_failures, code, http_status, created_at, finished_at)`;

function pastStatements(
  dialect: Dialect,
  { now, past, deadEvery, isOver = false, sample }: Filling,
): string[] {
  const { series, flag, bytes } = dialect;
  const receiversPerEvent = isOver ? 1 : receiversPerSharedEvent;
  const id = idsOf(dialect, 1);
  const events = Math.ceil(past / receiversPerEvent);
  const at = `${now - hourMs} + n * ${(hourMs / 2 / Math.max(past, 1)).toFixed(9)}`;
  const whole = (expression: string): string => `cast(${expression} as bigint)`;
  const eventN = `(n + ${receiversPerEvent - 1}) / ${receiversPerEvent}`;
  const isDead = `n % ${deadEvery} = 0`;
  const deadN = `(n / ${deadEvery})`;
  const endpointN = `case when ${isDead} and ${deadN} % 2 = 0 then 1 else n % ${pastEndpoints} + 1 end`;
  const isRare = `${deadN} % ${rareEvery} = 0`;
  const cause = (rare: string, ...others: readonly [string, string, string]): string =>
    `case when ${isRare} then ${rare} when ${deadN} % 3 = 0 then ${others[0]} when ${deadN} % 3 = 1 then ${others[1]} else ${others[2]} end`;
  const code = cause(literal(rareDead.code), "'http_5xx'", "'http_4xx'", "'no_retry'");
  const status = cause("410", "500", "404", "422");
  const host = `'receiver-' || (${endpointN}) || '.example'`;
  const url = `'https://receiver-' || (${endpointN}) || '.example/callback'`;
  const eventAt = whole(`${now - hourMs} + n * ${(hourMs / 2 / events).toFixed(9)}`);
  const requestHeaders = literal(
    '{"content-type":"application/json","webhook-id":"evt","webhook-attempt":"1"}',
  );
  return [
    `insert into endpoint (tenant_id, id, url, host, events, status, metadata, created_at, updated_at)
     select ${tenant}, ${id.endpoint("n")}, 'https://receiver-' || n || '.example/callback', 'receiver-' || n || '.example', '[]', 'active', '{}', ${now - hourMs}, ${now - hourMs}
     from ${series(pastEndpoints)}`,
    `insert into lane (tenant_id, id, endpoint_id, paused, token)
     select ${tenant}, ${id.endpoint("n")}, ${id.endpoint("n")}, ${flag(false)}, 1 from ${series(pastEndpoints)}`,
    `insert into job ${jobColumns}
     select ${tenant}, ${id.job("n")}, 'bench.noop', 'succeeded', 0, '{}', 1, 0, 0, 1, 60000, null, null, 0, 0, 0, 0,
       ${eventAt}, ${eventAt}, ${eventAt}, 1, 3
     from ${series(events)}`,
    `insert into job_input (tenant_id, job_id, body) select ${tenant}, ${id.job("n")}, '{"n":1}' from ${series(events)}`,
    `insert into event (tenant_id, id, type, job_id, created_at, body)
     select ${tenant}, ${id.event("n")}, 'job.succeeded', ${id.job("n")}, ${eventAt},
       replace(${literal(sample.body)}, ${literal(sample.jobId)}, ${id.job("n")})
     from ${series(events)}`,
    `insert into delivery ${deliveryColumns}
     select ${tenant}, ${id.delivery("n")}, ${id.event(eventN)}, 'job.succeeded', ${id.job(eventN)}, ${id.endpoint(endpointN)},
       ${id.endpoint(endpointN)}, ${flag(false)}, ${url}, ${host}, case when ${isDead} then 'dead' else 'delivered' end,
       null, 'auto', ${flag(false)}, 1, 1, 0, case when ${isDead} then ${code} else 'ok' end,
       case when ${isDead} then ${status} else 200 end, ${whole(at)}, ${whole(at)}
     from ${series(past)}`,
    `insert into attempt (tenant_id, delivery_id, n, id, trigger, started_at, duration_ms, url, outcome, code, request_headers,
       request_body_bytes, response_status, response_headers, response_truncated, response_body)
     select ${tenant}, ${id.delivery("n")}, 1, ${id.attempt("n")}, 'auto', ${whole(at)}, 12, ${url},
       case when ${isDead} then 'failed' else 'delivered' end, case when ${isDead} then ${code} else 'ok' end,
       ${requestHeaders}, 900, case when ${isDead} then ${status} else 200 end, '{}', ${flag(false)}, ${bytes(isOver ? answerBytes : 0)}
     from ${series(past)}`,
    `insert into dead_letter (tenant_id, delivery_id, reason, http_status, died_at, host, endpoint_id, job_id)
     select ${tenant}, ${id.delivery("n")}, ${code}, ${status}, ${whole(at)}, ${host}, ${id.endpoint(endpointN)}, ${id.job(eventN)} from ${series(past)} where ${isDead}`,
  ];
}

/** When keys and payloads of what is over expired: so long ago that they can be told apart. */
export const overAt = { keys: 1, payloads: 2 } as const;

function overStatements(dialect: Dialect, { now, past }: Filling): string[] {
  const { series, bytes } = dialect;
  const id = idsOf(dialect, 1);
  const replay = "'rpl_01'";
  const finishedAt = now - hourMs / 2;
  return [
    // The feed loses its beginning, which is what was told before these rows were made.
    `update event set created_at = ${now - hourMs} where created_at > ${now - hourMs / 2}`,
    `update job set expires_at = ${overAt.payloads} where tenant_id = ${tenant} and id < 'job_02'`,
    `insert into job_result (tenant_id, job_id, content_type, body)
     select ${tenant}, ${id.job("n")}, 'application/json', ${bytes(answerBytes)} from ${series(past)}`,
    `insert into idempotency (tenant_id, key, request_hash, job_id, created_at, expires_at)
     select ${tenant}, 'key ' || n, 'hash', ${id.job("n")}, ${overAt.keys}, ${overAt.keys} from ${series(past)}`,
    `insert into replay (tenant_id, id, status, plan, selection, total, waiting, under_way, delivered, failed, skipped,
       judged_delivered, judged_failed, next_at, token, created_at, finished_at, version)
     values (${tenant}, ${replay}, 'completed', '{}', '[]', ${past}, 0, 0, ${past}, 0, 0, 0, 0, 0, 1, ${finishedAt}, ${finishedAt}, 1)`,
    `insert into replay_item (tenant_id, replay_id, delivery_id, n, state, attempts_before)
     select ${tenant}, ${replay}, ${id.delivery("n")}, n, 'delivered', 1 from ${series(past)}`,
  ];
}

function owedStatements(
  dialect: Dialect,
  { now, sample }: Filling,
  { endpointId, url, count, from }: Owed & { readonly from: number },
): string[] {
  const { series, flag } = dialect;
  const id = idsOf(dialect, 2);
  const n = `n + ${from}`;
  const endpoint = literal(endpointId);
  return [
    `insert into job ${jobColumns}
     select ${tenant}, ${id.job(n)}, 'bench.noop', 'succeeded', 0, '{}', 1, 0, 0, 1, 60000, '["job.succeeded"]', ${endpoint},
       1, 0, 0, 0, ${now}, ${now}, ${now}, 1, 3
     from ${series(count)}`,
    `insert into job_input (tenant_id, job_id, body) select ${tenant}, ${id.job(n)}, '{"n":1}' from ${series(count)}`,
    `insert into event (tenant_id, id, type, job_id, created_at, body)
     select ${tenant}, ${id.event(n)}, 'job.succeeded', ${id.job(n)}, ${now},
       replace(${literal(sample.body)}, ${literal(sample.jobId)}, ${id.job(n)})
     from ${series(count)}`,
    `insert into delivery ${deliveryColumns}
     select ${tenant}, ${id.delivery(n)}, ${id.event(n)}, 'job.succeeded', ${id.job(n)}, ${endpoint}, ${endpoint},
       ${flag(true)}, ${literal(url)}, ${literal(new URL(url).host)}, 'pending', ${now}, 'auto', ${flag(false)}, 0, null, 0,
       null, null, ${now}, null
     from ${series(count)}`,
    `update lane set due_at = ${now} where tenant_id = ${tenant} and id = ${endpoint}`,
  ];
}
