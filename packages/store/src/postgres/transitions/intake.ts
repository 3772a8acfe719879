// Accepts jobs, with their idempotency keys, and cancels them.
import {
  isDone,
  outsideHolders,
  notAdmitted,
  type Acceptance,
  type Accepted,
  type CancelAnswer,
  type Instant,
  type Job,
  type JobKey,
  type JobWithPayloads,
  type NotAdmitted,
} from "@ringback/core";
import { createAcceptedAhead, type AcceptedAhead } from "../../accepted-ahead.ts";
import { keyReused } from "../../event-key.ts";
import { noEndpoints, readEndpointBook } from "../endpoint-book.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { readLoads, sendAcceptLock } from "../job-counts.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { endedJob, firstJobRow, type EndpointBook } from "../states.ts";
import type { Transaction } from "../transaction.ts";
import {
  createJobBook,
  itsInput,
  jobColumns,
  lockJobsOf,
  readJob,
  withResults,
  type LoadedJob,
} from "./job-book.ts";
import { takeKeys, usedKeys, type KeyRow, type UsedKey } from "./used-keys.ts";

export interface AtTime<Item> {
  readonly item: Item;
  readonly now: Instant;
}

/** Tells these locks from the feed's. Ids share so many of them, which bounds what one transaction takes. */
const idLockClass = 724_612;
const idLocksMax = 1_024;
const lockIds = `select pg_advisory_xact_lock(${idLockClass}, lock) from (
    select distinct hashtext(tenant || ' ' || id) & ${idLocksMax - 1} as lock
    from unnest($1::text[], $2::text[]) as asked(tenant, id) order by 1
  ) as locks`;
const selectIds = `select tenant_id as "tenantId", id, request_hash as "requestHash" from job
  where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`;
const deleteResults = `delete from job_result where (tenant_id, job_id) in (select * from unnest($1::text[], $2::text[]))
  returning tenant_id as "tenantId", job_id as "jobId"`;
const selectJobs = `select ${jobColumns} from job as t ${itsInput}
  where (t.tenant_id, t.id) in (select * from unnest($1::text[], $2::text[]))`;

/** What a request can run into: keys and ids that are taken, endpoints that are not there, and limits. */
interface Known {
  readonly keys: Map<string, UsedKey>;
  /** By job, the hash of the request that made it under an id of its client's; null when it was not made so. */
  readonly ownIds: Map<string, string | null>;
  readonly endpoints: EndpointBook;
  readonly admission: AdmissionBook;
}

async function readKnown(ground: Ground, items: readonly AtTime<Acceptance>[]): Promise<Known> {
  const { transaction } = ground;
  const tenantIds = [...new Set(items.map(({ item }) => item.job.tenantId))];
  // Everything that is asked after the lock sees what other processes have accepted before.
  sendAcceptLock(transaction, tenantIds);
  const [ownIds, keys, endpoints, admission] = await Promise.all([
    takenIds(
      transaction,
      items.filter(({ item }) => item.ownId !== undefined),
    ),
    usedKeys(
      transaction,
      items.map(({ item }) => ({ tenantId: item.job.tenantId, idempotency: item.idempotency })),
    ),
    readEndpointBook(transaction, tenantIds),
    readAdmission(ground, items, tenantIds),
  ]);
  return { keys, ownIds, endpoints, admission };
}

/** What is to be answered without a new job: the earlier one of this request, or why there can be none. */
function settled({ item, now }: AtTime<Acceptance>, known: Known): Accepted | Earlier | null {
  const { tenantId, id: jobId, callback } = item.job;
  const { idempotency: key, ownId } = item;
  const used = key === null ? undefined : known.keys.get(keyOf(tenantId, key.key));
  if (used !== undefined && used.expiresAt > now) {
    const { requestHash, jobId: made } = used;
    if (requestHash !== key?.requestHash || made === null) return keyReused(used);
    return { kind: "earlier", tenantId, jobId: made };
  }
  const idHash = ownId === undefined ? undefined : known.ownIds.get(keyOf(tenantId, jobId));
  if (idHash !== undefined) {
    return idHash === ownId?.requestHash
      ? { kind: "earlier", tenantId, jobId }
      : { kind: "id_reused", jobId };
  }
  const isAddressed =
    callback === null ||
    !("endpointId" in callback) ||
    known.endpoints.find(tenantId, callback.endpointId) !== undefined;
  return isAddressed ? null : { kind: "no_endpoint" };
}

/** All of them or none. */
export async function acceptTogether(
  ground: Ground,
  items: readonly AtTime<Acceptance>[],
): Promise<Accepted[]> {
  const known = await readKnown(ground, items);
  const ahead = createAcceptedAhead();
  const answers = items.map((at) => {
    const answer = settled(at, known) ?? known.admission.refused(at.item, ahead);
    if (answer === null) ahead.add(at.item.job.tenantId);
    return answer;
  });
  const isRefused = answers.some((one) => one !== null && one.kind !== "earlier");
  if (!isRefused) return acceptKnowing(ground, items, known);
  return resolveEarlier(
    ground,
    answers.map((one) => one ?? { kind: "withheld" }),
    new Map(),
  );
}

export async function acceptJobs(ground: Ground, items: readonly AtTime<Acceptance>[]): Promise<Accepted[]> {
  return acceptKnowing(ground, items, await readKnown(ground, items));
}

async function acceptKnowing(
  ground: Ground,
  items: readonly AtTime<Acceptance>[],
  known: Known,
): Promise<Accepted[]> {
  const { transaction, draft } = ground;
  const { keys: used, ownIds, endpoints, admission } = known;
  const jobs = createJobBook(ground, [], endpoints);
  const keys: KeyRow[] = [];
  const accepted = new Map<string, JobWithPayloads>();

  function accept({ item, now }: AtTime<Acceptance>): Accepted | Earlier {
    const answer = settled({ item, now }, known) ?? admission.refused(item);
    if (answer !== null) return answer;
    const { tenantId, id: jobId, input } = item.job;
    const { idempotency: key, ownId } = item;
    if (ownId !== undefined) ownIds.set(keyOf(tenantId, jobId), ownId.requestHash);
    const row = jobs.accept(firstJobRow(item, now, ground.sealing), input, now);
    if (key !== null) {
      const { requestHash, expiresAt } = key;
      const made = { jobId, eventId: null, eventDeliveries: null };
      const taken = { tenantId, key: key.key, requestHash, ...made, createdAt: now, expiresAt };
      keys.push(taken);
      used.set(keyOf(tenantId, key.key), taken);
    }
    const job = { ...jobOf(row), input, result: null };
    accepted.set(keyOf(tenantId, jobId), job);
    admission.accepted(tenantId);
    return { kind: "accepted", job };
  }

  const answers = items.map(accept);
  if (keys.length > 0) draft.thenAsk(() => takeKeys(transaction, keys));
  return resolveEarlier(ground, answers, accepted);
}

/** Judges one job after the other; `accepted` counts those that were. */
interface AdmissionBook {
  /** Null when the job may be accepted after those that are `ahead` of it. */
  refused(item: Acceptance, ahead?: AcceptedAhead): NotAdmitted | null;
  accepted(tenantId: string): void;
}

async function readAdmission(
  { transaction, backlog }: Ground,
  items: readonly AtTime<Acceptance>[],
  tenantIds: readonly string[],
): Promise<AdmissionBook> {
  const first = items.find(({ item }) => item.admission !== undefined);
  if (first === undefined) return { refused: () => null, accepted: () => undefined };
  const [rows] = await Promise.all([
    readLoads(transaction, tenantIds),
    backlog.refresh(transaction, first.now),
  ]);
  const loads = new Map(rows.map((row) => [row.tenantId, { ...row }]));
  return {
    refused({ job: { tenantId }, admission }, ahead) {
      if (admission === undefined) return null;
      const { unfinished = 0, unfinishedMax = null } = loads.get(tenantId) ?? {};
      return notAdmitted(admission, {
        unfinished: unfinished + (ahead?.of(tenantId) ?? 0),
        unfinishedMax,
        backlog: backlog.unfinished + (ahead?.all ?? 0),
      });
    },
    accepted(tenantId) {
      const load = loads.get(tenantId);
      if (load !== undefined) load.unfinished += 1;
      backlog.accepted();
    },
  };
}

/** A key of another call, whose job is to be shown as it is now. */
interface Earlier extends JobKey {
  readonly kind: "earlier";
}

/**
 * Waits for other processes that are accepting the same ids, and then looks: what they have written is seen, since every
 * statement sees what was committed before it began.
 */
async function takenIds(
  transaction: Transaction,
  named: readonly AtTime<Acceptance>[],
): Promise<Map<string, string | null>> {
  if (named.length === 0) return new Map();
  const keys = [named.map(({ item }) => item.job.tenantId), named.map(({ item }) => item.job.id)];
  transaction.send(lockIds, keys);
  const rows = await transaction.ask<{ tenantId: string; id: string; requestHash: string | null }>(
    selectIds,
    keys,
  );
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.id), row.requestHash]));
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

export async function eraseResults(
  { transaction, draft, effects }: Ground,
  items: readonly AtTime<JobKey>[],
): Promise<(Job | null)[]> {
  const keys = items.map(({ item }) => item);
  const loaded = await lockJobsOf({ transaction }, keys);
  const jobs = new Map(loaded.map(({ row }) => [keyOf(row.tenantId, row.id), row]));
  const hasResult = await transaction.ask<JobKey>(deleteResults, [
    keys.map(({ tenantId }) => tenantId),
    keys.map(({ jobId }) => jobId),
  ]);
  const erased = new Set(hasResult.map(({ tenantId, jobId }) => keyOf(tenantId, jobId)));
  return items.map(({ item: { tenantId, jobId }, now }) => {
    const key = keyOf(tenantId, jobId);
    const row = jobs.get(key);
    if (row === undefined) return null;
    if (!erased.delete(key)) return jobOf(row);
    const next = { ...row, resultErasedAt: now, version: row.version + 1 };
    jobs.set(key, next);
    draft.saveJob(next, row);
    effects.jobChanged(tenantId, jobId);
    return jobOf(next);
  });
}

export async function cancelJobs(ground: Ground, items: readonly AtTime<JobKey>[]): Promise<CancelAnswer[]> {
  const { effects } = ground;
  const loaded = await lockJobsOf(
    ground,
    items.map(({ item }) => item),
  );
  const isFree = ({ status, claimedBy }: JobRow): boolean =>
    status === "queued" || claimedBy === outsideHolders.upstream;
  const queued = loaded.filter(({ row }) => isFree(row));
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
    if (isFree(row)) {
      const ended = endedJob(requested, { status: "canceled" }, now);
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
