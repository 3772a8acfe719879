// What a job's row knows of its deadlines and of its end of life, and the indexes that lists and the sweep go by. Twin file:
// byte-identical for every dialect. Its columns and indexes belong to the table `job`.
import { resultTtlDefaultMs } from "@ringback/core";
import { sql, type SQL } from "drizzle-orm";
import { instant, integer, partialIndex, text, type Column } from "../columns.ts";

export const jobLifeColumns = {
  /** Of the request that named the job's id; null when the id was made here. */
  requestHash: text("request_hash"),
  /** From when it must not begin any more; null once it has begun, and without a queue timeout. */
  startBy: instant("start_by"),
  resultTtlMs: integer("result_ttl_ms").notNull().default(resultTtlDefaultMs),
  expiresAt: instant("expires_at"),
  erasedAt: instant("erased_at"),
  resultErasedAt: instant("result_erased_at"),
  /** When the tombstone is to be deleted; put off while something refers to it. */
  forgetAt: instant("forget_at"),
};

/** What a job's callback has sealed is sealed with one key: either tells which. */
export function eitherSeal(
  t: Readonly<Record<"callbackSealedSecret" | "callbackSealedHeaders", Column>>,
): SQL {
  return sql`coalesce(${t.callbackSealedSecret}, ${t.callbackSealedHeaders})`;
}

type Name = "tenantId" | "id" | "kind" | "status" | "createdAt" | keyof typeof jobLifeColumns;

export function jobLifeIndexes(t: Readonly<Record<Name, Column>>) {
  // Tombstones are in no list, and years of them must not be walked through to find that out.
  const isListed = sql`${t.erasedAt} is null`;
  return [
    partialIndex("job_newest", [t.tenantId, t.createdAt, t.id], isListed),
    partialIndex("job_of_status", [t.tenantId, t.status, t.createdAt, t.id], isListed),
    partialIndex("job_of_kind", [t.tenantId, t.kind, t.createdAt, t.id], isListed),
    partialIndex("job_start_by", [t.startBy], sql`${t.startBy} is not null and ${t.status} = 'queued'`),
    partialIndex("job_expiry", [t.expiresAt], sql`${t.expiresAt} is not null and ${t.erasedAt} is null`),
    partialIndex("job_tombstone", [t.forgetAt], sql`${t.forgetAt} is not null`),
  ];
}
