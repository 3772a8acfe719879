// Loads jobs, and saves their next states together with the events that tell of them: every change of status passes here.
import {
  eventBody,
  inlineResultBytesMax,
  isDone,
  jobToJson,
  type Instant,
  type JobEventType,
  type JobKey,
  type JobResult,
  type JobWithPayloads,
} from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import { jobOf, type JobRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { job } from "../schema.ts";
import { counted, receiversOf, type EndpointBook, type Receiver } from "../states.ts";
import { draftEvent } from "./draft-event.ts";

export interface Telling {
  readonly type: JobEventType;
  readonly result?: JobResult;
  /** Stands in the event when the result is too long for it. */
  readonly resultUrl?: string | null;
}

/** A job as it was loaded, with what an event of it shows. */
export interface LoadedJob {
  readonly row: JobRow;
  readonly input: string | null;
}

export interface JobBook {
  find(key: JobKey): LoadedJob | undefined;
  /** Saves `next` as the job's next version and tells the event of it; the row as it is then. */
  advance(next: JobRow, telling: Telling | null, now: Instant): JobRow;
  /** Adds a job that is not stored yet; tells its event if somebody asked for it. The row as it is then. */
  accept(first: JobRow, input: string | null, now: Instant): JobRow;
}

const reader = rowReader(job);

/** The columns of a job and, beside them, its input; of `job as t left join job_input as i`. */
export const jobColumns = `${reader.list}, i.body as input`;
export const itsInput = "left join job_input as i on i.tenant_id = t.tenant_id and i.job_id = t.id";

const lockJobs = `select ${jobColumns} from job as t ${itsInput}
  where (t.tenant_id, t.id) in (select * from unnest($1::text[], $2::text[]))
  order by t.tenant_id, t.id for no key update of t`;

export function readJob(raw: RawRow): LoadedJob {
  const { input, ...columns } = raw;
  return { row: reader.read(columns), input: typeof input === "string" ? input : null };
}

/** The jobs with these keys, locked until the transaction ends. */
export async function lockJobsOf(
  { transaction }: Pick<Ground, "transaction">,
  keys: readonly JobKey[],
): Promise<LoadedJob[]> {
  const rows = await transaction.ask(lockJobs, [
    keys.map(({ tenantId }) => tenantId),
    keys.map(({ jobId }) => jobId),
  ]);
  return rows.map(readJob);
}

export function createJobBook(
  ground: Ground,
  loaded: readonly LoadedJob[],
  endpoints: EndpointBook,
): JobBook {
  const { draft, effects } = ground;
  const jobs = new Map(loaded.map((one) => [keyOf(one.row.tenantId, one.row.id), one]));

  function tell(row: JobRow, receivers: readonly Receiver[], told: Telling & Told): void {
    const { type, input, result = null, resultUrl = null, now } = told;
    const shown = { ...jobOf(row), input, result };
    const json = jobToJson(shown, { resultUrl, resultBytesMax: inlineResultBytesMax });
    const { tenantId, id: jobId } = row;
    const body = eventBody(type, now, json);
    draftEvent(ground, { tenantId, type, jobId, body }, { receivers, now });
  }

  return {
    find: ({ tenantId, jobId }) => jobs.get(keyOf(tenantId, jobId)),
    advance(next, telling, now) {
      const receivers = telling === null ? [] : receiversOf(next, telling.type, endpoints);
      const row = counted({ ...next, version: next.version + 1 }, receivers);
      const key = keyOf(row.tenantId, row.id);
      const earlier = jobs.get(key);
      const input = earlier?.input ?? null;
      jobs.set(key, { row, input });
      draft.saveJob(row, earlier?.row);
      if (isDone(row.status)) effects.count("job_finished", row.kind, row.status);
      effects.jobChanged(row.tenantId, row.id);
      // The end is always told, for the feed; what comes before only when somebody asked for it.
      if (telling !== null && (receivers.length > 0 || isDone(row.status))) {
        tell(row, receivers, { ...telling, input, now });
      }
      return row;
    },
    accept(first, input, now) {
      const receivers = receiversOf(first, "job.queued", endpoints);
      const row = counted(first, receivers);
      draft.insertJob(row, input);
      effects.count("job_accepted", row.kind);
      effects.ringJobs(row.dueAt ?? now);
      effects.jobChanged(row.tenantId, row.id);
      if (receivers.length > 0) tell(row, receivers, { type: "job.queued", input, now });
      return row;
    },
  };
}

interface Told {
  readonly input: string | null;
  readonly now: Instant;
}

const selectResults = `select tenant_id as "tenantId", job_id as "jobId", content_type as "contentType", body
  from job_result where (tenant_id, job_id) in (select * from unnest($1::text[], $2::text[]))`;

/** The same jobs with their results; one that has none yet has null. */
export async function withResults(ground: Ground, jobs: readonly LoadedJob[]): Promise<JobWithPayloads[]> {
  const done = jobs.filter(({ row }) => row.status === "succeeded").map(({ row }) => row);
  const rows =
    done.length === 0
      ? []
      : await ground.transaction.ask<{ tenantId: string; jobId: string; contentType: string; body: Buffer }>(
          selectResults,
          [done.map(({ tenantId }) => tenantId), done.map(({ id }) => id)],
        );
  const results = new Map(
    rows.map(({ tenantId, jobId, contentType, body }) => [
      keyOf(tenantId, jobId),
      { contentType, body: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) },
    ]),
  );
  return jobs.map(({ row, input }) => ({
    ...jobOf(row),
    input,
    result: results.get(keyOf(row.tenantId, row.id)) ?? null,
  }));
}
