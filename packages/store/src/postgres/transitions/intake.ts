// Accepts jobs, with their idempotency keys, and cancels them.
import {
  isDone,
  outsideHolders,
  type Acceptance,
  type Accepted,
  type CancelAnswer,
  type Job,
  type JobKey,
  type JobWithPayloads,
} from "@ringback/core";
import { createAcceptedAhead } from "../../accepted-ahead.ts";
import { keyReused } from "../../event-key.ts";
import { noEndpoints, readEndpointBook } from "../endpoint-book.ts";
import type { AtTime } from "../at-time.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { endedJob, firstJobRow } from "../states.ts";
import {
  createJobBook,
  itsInput,
  jobColumns,
  lockJobsOf,
  readJob,
  withResults,
  type LoadedJob,
} from "./job-book.ts";
import { knownFor, type Known } from "./known.ts";
import { sendKeys, type KeyRow } from "./used-keys.ts";

const deleteResults = `delete from job_result where (tenant_id, job_id) in (select * from unnest($1::text[], $2::text[]))
  returning tenant_id as "tenantId", job_id as "jobId"`;
const selectJobs = `select ${jobColumns} from job as t ${itsInput}
  where (t.tenant_id, t.id) in (select * from unnest($1::text[], $2::text[]))`;

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
  const known = await knownFor(ground, items);
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
  return acceptKnowing(ground, items, await knownFor(ground, items));
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
  if (keys.length > 0) draft.thenSend(() => sendKeys(transaction, keys));
  return resolveEarlier(ground, answers, accepted);
}

/** A key of another call, whose job is to be shown as it is now. */
interface Earlier extends JobKey {
  readonly kind: "earlier";
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
