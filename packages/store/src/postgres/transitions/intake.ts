// Accepts jobs, with their idempotency keys, and cancels them.
import {
  isDone,
  notAdmitted,
  type Acceptance,
  type Accepted,
  type CancelAnswer,
  type Instant,
  type JobKey,
  type JobWithPayloads,
  type NotAdmitted,
} from "@ringback/core";
import { noEndpoints, readEndpointBook } from "../endpoint-book.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { readLoads, sendAcceptLock } from "../job-counts.ts";
import { jobOf } from "../nouns.ts";
import { inserter } from "../rows.ts";
import { idempotency } from "../schema.ts";
import { firstJobRow } from "../states.ts";
import { Overtaken, type Transaction } from "../transaction.ts";
import {
  createJobBook,
  itsInput,
  jobColumns,
  lockJobsOf,
  readJob,
  withResults,
  type LoadedJob,
} from "./job-book.ts";

export interface AtTime<Item> {
  readonly item: Item;
  readonly now: Instant;
}

interface UsedKey {
  readonly tenantId: string;
  readonly key: string;
  readonly requestHash: string;
  readonly jobId: string;
  readonly expiresAt: Instant;
}

const selectKeys = `select tenant_id as "tenantId", key, request_hash as "requestHash", job_id as "jobId",
    expires_at as "expiresAt"
  from idempotency where (tenant_id, key) in (select * from unnest($1::text[], $2::text[]))`;
// Waits for another process that is writing the same key. What is left out then has been taken by that one meanwhile.
const insertKeys = inserter(idempotency, {
  suffix: `on conflict (tenant_id, key) do update set request_hash = excluded.request_hash, job_id = excluded.job_id,
    created_at = excluded.created_at, expires_at = excluded.expires_at
    where t.expires_at <= excluded.created_at returning t.key`,
});
const selectJobs = `select ${jobColumns} from job as t ${itsInput}
  where (t.tenant_id, t.id) in (select * from unnest($1::text[], $2::text[]))`;

export async function acceptJobs(ground: Ground, items: readonly AtTime<Acceptance>[]): Promise<Accepted[]> {
  const { transaction, draft } = ground;
  const keyed = items.filter(({ item }) => item.idempotency !== null);
  const tenantIds = [...new Set(items.map(({ item }) => item.job.tenantId))];
  // Everything that is asked after the lock sees what other processes have accepted before.
  sendAcceptLock(transaction, tenantIds);
  const [used, endpoints, refusedBy] = await Promise.all([
    usedKeys(transaction, keyed),
    readEndpointBook(transaction, tenantIds),
    admissionOf(ground, items, tenantIds),
  ]);
  const jobs = createJobBook(ground, [], endpoints);
  const keys: (typeof idempotency.$inferInsert)[] = [];
  const accepted = new Map<string, JobWithPayloads>();

  function accept({ item, now }: AtTime<Acceptance>): Accepted | Earlier {
    const { tenantId, id: jobId, callback, input } = item.job;
    const { idempotency: key } = item;
    const known = key === null ? undefined : used.get(keyOf(tenantId, key.key));
    if (known !== undefined && known.expiresAt > now) {
      const { requestHash } = known;
      if (requestHash !== key?.requestHash) return { kind: "key_reused", requestHash, jobId: known.jobId };
      return { kind: "earlier", tenantId, jobId: known.jobId };
    }
    const refused = refusedBy(item);
    if (refused !== null) return refused;
    if (callback !== null && "endpointId" in callback) {
      if (endpoints.find(tenantId, callback.endpointId) === undefined) return { kind: "no_endpoint" };
    }
    const row = jobs.accept(firstJobRow(item, now, ground.sealing), input, now);
    if (key !== null) {
      const { requestHash, expiresAt } = key;
      keys.push({ tenantId, key: key.key, requestHash, jobId, createdAt: now, expiresAt });
      used.set(keyOf(tenantId, key.key), { tenantId, key: key.key, requestHash, jobId, expiresAt });
    }
    const job = { ...jobOf(row), input, result: null };
    accepted.set(keyOf(tenantId, jobId), job);
    refusedBy.accepted(tenantId);
    return { kind: "accepted", job };
  }

  const answers = items.map(accept);
  if (keys.length > 0) draft.thenAsk(() => takeKeys(transaction, keys));
  return resolveEarlier(ground, answers, accepted);
}

/** Judges one job after the other; `accepted` counts those that were. */
interface AdmissionOf {
  (item: Acceptance): NotAdmitted | null;
  readonly accepted: (tenantId: string) => void;
}

async function admissionOf(
  { transaction, backlog }: Ground,
  items: readonly AtTime<Acceptance>[],
  tenantIds: readonly string[],
): Promise<AdmissionOf> {
  const first = items.find(({ item }) => item.admission !== undefined);
  if (first === undefined) return Object.assign(() => null, { accepted: () => undefined });
  const [rows] = await Promise.all([
    readLoads(transaction, tenantIds),
    backlog.refresh(transaction, first.now),
  ]);
  const loads = new Map(rows.map((row) => [row.tenantId, { ...row }]));
  const judge = ({ job: { tenantId }, admission }: Acceptance): NotAdmitted | null => {
    const { unfinished = 0, unfinishedMax = null } = loads.get(tenantId) ?? {};
    if (admission === undefined) return null;
    return notAdmitted(admission, { unfinished, unfinishedMax, backlog: backlog.unfinished });
  };
  return Object.assign(judge, {
    accepted(tenantId: string) {
      const load = loads.get(tenantId);
      if (load !== undefined) load.unfinished += 1;
      backlog.accepted();
    },
  });
}

/** A key of another call, whose job is to be shown as it is now. */
interface Earlier extends JobKey {
  readonly kind: "earlier";
}

async function usedKeys(
  transaction: Transaction,
  keyed: readonly AtTime<Acceptance>[],
): Promise<Map<string, UsedKey>> {
  if (keyed.length === 0) return new Map();
  const rows = await transaction.ask<UsedKey>(selectKeys, [
    keyed.map(({ item }) => item.job.tenantId),
    keyed.map(({ item }) => item.idempotency?.key ?? ""),
  ]);
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.key), row]));
}

async function takeKeys(
  transaction: Transaction,
  keys: readonly (typeof idempotency.$inferInsert)[],
): Promise<void> {
  const sorted = keys.toSorted((a, b) => (keyOf(a.tenantId, a.key) < keyOf(b.tenantId, b.key) ? -1 : 1));
  const taken = await transaction.ask(insertKeys.text, [insertKeys.spell(sorted)]);
  if (taken.length < keys.length) throw new Overtaken("Another process has used one of these keys just now.");
}

async function resolveEarlier(
  ground: Ground,
  answers: readonly (Accepted | Earlier)[],
  accepted: ReadonlyMap<string, JobWithPayloads>,
): Promise<Accepted[]> {
  const earlier = answers
    .filter((answer) => answer.kind === "earlier")
    .filter(({ tenantId, jobId }) => !accepted.has(keyOf(tenantId, jobId)));
  const shown = new Map(accepted);
  if (earlier.length > 0) {
    const rows = await ground.transaction.ask(selectJobs, [
      earlier.map(({ tenantId }) => tenantId),
      earlier.map(({ jobId }) => jobId),
    ]);
    for (const job of await withResults(ground, rows.map(readJob))) {
      shown.set(keyOf(job.tenantId, job.id), job);
    }
  }
  return answers.map((answer) => {
    if (answer.kind !== "earlier") return answer;
    const job = shown.get(keyOf(answer.tenantId, answer.jobId));
    if (job === undefined) throw new Error(`The key of job ${answer.jobId} has outlived it.`);
    return { kind: "replayed", job };
  });
}

export async function cancelJobs(ground: Ground, items: readonly AtTime<JobKey>[]): Promise<CancelAnswer[]> {
  const { effects } = ground;
  const loaded = await lockJobsOf(
    ground,
    items.map(({ item }) => item),
  );
  const queued = loaded.filter(({ row }) => row.status === "queued");
  const endpoints =
    queued.length === 0
      ? noEndpoints
      : await readEndpointBook(
          ground.transaction,
          queued.map(({ row }) => row.tenantId),
        );
  const jobs = createJobBook(ground, loaded, endpoints);
  const results = await withResults(ground, loaded);
  const resultOf = new Map(results.map(({ tenantId, id, result }) => [keyOf(tenantId, id), result]));
  const shown = ({ row, input }: LoadedJob): JobWithPayloads => ({
    ...jobOf(row),
    input,
    result: resultOf.get(keyOf(row.tenantId, row.id)) ?? null,
  });

  return items.map(({ item, now }) => {
    const found = jobs.find(item);
    if (found === undefined) return { kind: "not_found" };
    const { row, input } = found;
    if (isDone(row.status))
      return { kind: row.status === "canceled" ? "canceled" : "finished", job: shown(found) };
    const requested = { ...row, cancelRequestedAt: now };
    if (row.status === "queued") {
      const ended = { ...requested, status: "canceled", dueAt: null, finishedAt: now } as const;
      return {
        kind: "canceled",
        job: shown({ row: jobs.advance(ended, { type: "job.canceled" }, now), input }),
      };
    }
    effects.ringCancel(item);
    if (row.cancelRequestedAt !== null) return { kind: "requested", job: shown(found) };
    return { kind: "requested", job: shown({ row: jobs.advance(requested, null, now), input }) };
  });
}
