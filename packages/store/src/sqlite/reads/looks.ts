// Reads that serve many clients at once, each of bounded cost. Twin file: byte-identical for every dialect.
import { and, asc, desc, eq, inArray, isNull, max, sql } from "drizzle-orm";
import type { JobReads } from "@ringback/core";
import type { Database } from "../columns.ts";
import { event, job, jobCount, tenant } from "../schema.ts";

export type LookReads = Omit<JobReads, "findByOwnId">;

export function createLookReads(database: Database): LookReads {
  const jobVersions: LookReads["jobVersions"] = async (keys) => {
    if (keys.length === 0) return [];
    const asked = keys.map(({ tenantId, jobId }) => sql`(${tenantId}, ${jobId})`);
    const rows = await database
      .select({ tenantId: job.tenantId, jobId: job.id, version: job.version })
      .from(job)
      .where(sql`(${job.tenantId}, ${job.id}) in (values ${sql.join(asked, sql`, `)})`);
    const versions = new Map(rows.map((row) => [`${row.jobId} ${row.tenantId}`, row.version]));
    return keys.map(({ tenantId, jobId }) => versions.get(`${jobId} ${tenantId}`) ?? null);
  };

  return {
    jobVersions,
    jobVersion: async (key) => (await jobVersions([key]))[0] ?? null,
    async waitingOf(tenantId, limit) {
      return database
        .select({
          jobId: job.id,
          priority: job.priority,
          dueAt: sql<number>`${job.dueAt}`.mapWith(job.dueAt),
        })
        .from(job)
        .where(and(eq(job.tenantId, tenantId), eq(job.status, "queued"), isNull(job.erasedAt)))
        .orderBy(asc(job.createdAt), asc(job.id))
        .limit(limit);
    },
    async pastJobsOf(tenantId, limit) {
      const rows = await database
        .select({
          kind: job.kind,
          createdAt: job.createdAt,
          runAt: job.runAt,
          startedAt: job.startedAt,
          finishedAt: job.finishedAt,
        })
        .from(job)
        .where(and(eq(job.tenantId, tenantId), eq(job.status, "succeeded"), isNull(job.erasedAt)))
        .orderBy(desc(job.createdAt), desc(job.id))
        .limit(limit);
      return rows.flatMap(({ kind, createdAt, runAt, startedAt, finishedAt }) =>
        startedAt === null || finishedAt === null
          ? []
          : [{ kind, waitedMs: startedAt - Math.max(createdAt, runAt ?? 0), ranMs: finishedAt - startedAt }],
      );
    },
    async unfinishedJobs() {
      const unfinished = sql<number>`coalesce(sum(case what when 'accepted' then total else -total end), 0)`;
      const [row] = await database.select({ unfinished: unfinished.mapWith(Number) }).from(jobCount);
      return row?.unfinished ?? 0;
    },
    async feedHeads(tenantIds) {
      if (tenantIds.length === 0) return [];
      // Of each tenant its own look at the end of the index; grouping would read all events of all of them.
      const newest = database
        .select({ seq: max(event.seq) })
        .from(event)
        .where(eq(event.tenantId, tenant.tenantId));
      const rows = await database
        .select({ tenantId: tenant.tenantId, seq: sql<number | null>`(${newest})`.mapWith(event.seq) })
        .from(tenant)
        .where(inArray(tenant.tenantId, [...tenantIds]));
      const heads = new Map(rows.map((row) => [row.tenantId, row.seq]));
      return tenantIds.map((tenantId) => heads.get(tenantId) ?? 0);
    },
  };
}
