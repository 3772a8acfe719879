// Reads of jobs. Twin file: byte-identical for every dialect.
import { and, desc, eq, gt, gte, inArray, isNull, or, sql, type SQL } from "drizzle-orm";
import { inlineResultBytesMax, jsonContentType, type JobFilter, type ReadStore } from "@ringback/core";
import { hasMember, prepared, type Database } from "../columns.ts";
import { jobOf, resultOf } from "../nouns.ts";
import { idempotency, job, jobInput, jobResult } from "../schema.ts";
import { isAfter, pageOf } from "./paging.ts";

export type JobReads = Pick<
  ReadStore,
  "getJob" | "listJobs" | "getResult" | "findByOwnId" | "findIdempotent"
>;

export function createJobReads(database: Database): JobReads {
  const isAsked = and(eq(job.tenantId, sql.placeholder("tenantId")), eq(job.id, sql.placeholder("jobId")));
  const itsInput = and(eq(jobInput.tenantId, job.tenantId), eq(jobInput.jobId, job.id));
  const itsResult = and(eq(jobResult.tenantId, job.tenantId), eq(jobResult.jobId, job.id));
  const getJob = prepared(
    database
      .select({ row: job, input: jobInput.body, result: jobResult })
      .from(job)
      .leftJoin(jobInput, itsInput)
      .leftJoin(jobResult, itsResult)
      .where(isAsked),
    "get_job",
  );
  const getResult = prepared(
    database.select({ row: job, result: jobResult }).from(job).leftJoin(jobResult, itsResult).where(isAsked),
    "get_result",
  );
  const itsJob = and(eq(job.tenantId, idempotency.tenantId), eq(job.id, idempotency.jobId));
  const findIdempotent = prepared(
    database
      .select({
        requestHash: idempotency.requestHash,
        row: job,
        input: jobInput.body,
        result: jobResult,
      })
      .from(idempotency)
      .innerJoin(job, itsJob)
      .leftJoin(jobInput, itsInput)
      .leftJoin(jobResult, itsResult)
      .where(
        and(
          eq(idempotency.tenantId, sql.placeholder("tenantId")),
          eq(idempotency.key, sql.placeholder("key")),
          gt(idempotency.expiresAt, sql.placeholder("now")),
        ),
      ),
    "find_idempotent",
  );
  return {
    async getJob(tenantId, jobId) {
      const [found] = await getJob.execute({ tenantId, jobId });
      if (found === undefined) return null;
      const { row, input, result } = found;
      return { ...jobOf(row), input, result: result === null ? null : resultOf(result) };
    },
    async findByOwnId(tenantId, jobId) {
      const [found] = await getJob.execute({ tenantId, jobId });
      if (found === undefined) return null;
      const { row, input, result } = found;
      const shown = { ...jobOf(row), input, result: result === null ? null : resultOf(result) };
      return { requestHash: row.requestHash, job: shown };
    },
    async findIdempotent(tenantId, key, now) {
      const [found] = await findIdempotent.execute({ tenantId, key, now });
      if (found === undefined) return null;
      const { requestHash, row, input, result } = found;
      return {
        requestHash,
        job: { ...jobOf(row), input, result: result === null ? null : resultOf(result) },
      };
    },
    async listJobs(tenantId, filter, page) {
      const rows = await database
        .select({ row: job, inputBytes, shortInput, shortResult })
        .from(job)
        .leftJoin(jobInput, itsInput)
        .leftJoin(jobResult, itsResult)
        .where(
          and(
            eq(job.tenantId, tenantId),
            isNull(job.erasedAt),
            ...matches(filter),
            isAfter(page, job.createdAt, job.id),
          ),
        )
        .orderBy(desc(job.createdAt), desc(job.id))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: ({ row, inputBytes: bytes, shortInput: input, shortResult: body }) => ({
          ...jobOf(row),
          input: bytes === null ? null : (input ?? undefined),
          result: body === null ? null : { contentType: jsonContentType, body },
        }),
        position: ({ row }) => ({ at: row.createdAt, id: row.id }),
      });
    },
    async getResult(tenantId, jobId) {
      const [found] = await getResult.execute({ tenantId, jobId });
      if (found === undefined) return null;
      return { job: jobOf(found.row), result: found.result === null ? null : resultOf(found.result) };
    },
  };
}

const inputBytes = sql<number | null>`octet_length(${jobInput.body})`;
const shortInput = sql<string | null>`case when octet_length(${jobInput.body}) <= ${inlineResultBytesMax}
  then ${jobInput.body} end`;
const shortResult = sql<Uint8Array | null>`case when ${jobResult.contentType} = ${jsonContentType}
  and octet_length(${jobResult.body}) <= ${inlineResultBytesMax} then ${jobResult.body} end`.mapWith(
  jobResult.body,
);

function matches(filter: JobFilter): (SQL | undefined)[] {
  const { unexpiredAt, status, kind, createdAfter, metadata } = filter;
  return [
    unexpiredAt === undefined ? undefined : or(isNull(job.expiresAt), gt(job.expiresAt, unexpiredAt)),
    status === undefined ? undefined : inArray(job.status, [...status]),
    kind === undefined ? undefined : eq(job.kind, kind),
    createdAfter === undefined ? undefined : gte(job.createdAt, createdAfter),
    ...Object.entries(metadata ?? {}).map(([member, value]) => hasMember(job.metadata, member, value)),
  ];
}
