// Loads a job, and saves its next state together with the event that tells of it: every change of status passes here.
import {
  eventBody,
  inlineResultBytesMax,
  isDone,
  jobToJson,
  type Instant,
  type JobEventType,
  type JobResult,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import { jobOf, resultOf, type JobRow } from "../nouns.ts";
import { rowReader, saver, type RawRow } from "../rows.ts";
import { job, jobResult } from "../schema.ts";
import { counted, jobChanging, receiversOf, type Receiver } from "../states.ts";
import { createEvents } from "./events.ts";

export interface Telling {
  readonly type: JobEventType;
  readonly result?: JobResult;
  /** Stands in the event when the result is too long for it. */
  readonly resultUrl?: string | null;
}

export interface JobRows {
  find(tenantId: string, jobId: string): JobRow | null;
  inputOf(row: JobRow): string | null;
  resultOf(row: JobRow): JobResult | null;
  /** Saves `next` as the job's next version and tells the event of it; the row as it is then. */
  advance(next: JobRow, telling: Telling | null, now: Instant): JobRow;
  /** Like `advance` for a job that is not stored yet: who will be told, counted in its row; then `told` writes it. */
  announce(first: JobRow, type: JobEventType): Announcement;
}

export interface Announcement {
  readonly row: JobRow;
  told(input: string | null, now: Instant): void;
}

export function createJobRows(ground: Ground): JobRows {
  const { client, effects } = ground;
  const events = createEvents(ground);
  const reader = rowReader(job);
  const resultReader = rowReader(jobResult);
  const select = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from job where tenant_id = ? and id = ?`,
  );
  const selectInput = client
    .prepare<[string, string], string>("select body from job_input where tenant_id = ? and job_id = ?")
    .pluck();
  const selectResult = client.prepare<[string, string], RawRow>(
    `select ${resultReader.list} from job_result where tenant_id = ? and job_id = ?`,
  );
  const save = saver(client, job, { set: jobChanging, key: ["tenantId", "id"] });

  const inputOf = (row: JobRow): string | null => selectInput.get(row.tenantId, row.id) ?? null;

  function tell(row: JobRow, receivers: readonly Receiver[], told: Told): void {
    const { type, input, result, resultUrl, now } = told;
    const json = jobToJson(
      { ...jobOf(row), input, result },
      { resultUrl, resultBytesMax: inlineResultBytesMax },
    );
    const body = eventBody(type, now, json);
    events.write({ tenantId: row.tenantId, type, jobId: row.id, body }, receivers, now);
  }

  return {
    find(tenantId, jobId) {
      const raw = select.get(tenantId, jobId);
      return raw === undefined ? null : reader.read(raw);
    },
    inputOf,
    resultOf(row) {
      const raw = selectResult.get(row.tenantId, row.id);
      return raw === undefined ? null : resultOf(resultReader.read(raw));
    },
    advance(next, telling, now) {
      const receivers = telling === null ? [] : receiversOf(next, telling.type, ground.endpoints);
      const row = counted({ ...next, version: next.version + 1 }, receivers);
      save(row);
      if (isDone(row.status)) {
        ground.counts.ended(row.tenantId);
        effects.count("job_finished", row.kind, row.status);
      }
      effects.jobChanged(row.tenantId, row.id);
      // The end is always told, for the feed; what comes before only when somebody asked for it.
      if (telling !== null && (receivers.length > 0 || isDone(row.status))) {
        const { type, result = null, resultUrl = null } = telling;
        tell(row, receivers, { type, input: inputOf(row), result, resultUrl, now });
      }
      return row;
    },
    announce(first, type) {
      const receivers = receiversOf(first, type, ground.endpoints);
      const row = counted(first, receivers);
      return {
        row,
        told(input, now) {
          if (receivers.length > 0) tell(row, receivers, { type, input, result: null, resultUrl: null, now });
        },
      };
    },
  };
}

interface Told {
  readonly type: JobEventType;
  readonly input: string | null;
  readonly result: JobResult | null;
  readonly resultUrl: string | null;
  readonly now: Instant;
}
