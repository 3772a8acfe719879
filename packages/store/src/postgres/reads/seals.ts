// Reads of which master keys the stored values are sealed with. Twin file: byte-identical for every dialect.
import { and, count, eq, gt, sql, type SQL } from "drizzle-orm";
import { sealedRowsCountedMax, sealedTables, type SealPosition } from "@ringback/core";
import { sealedWith, type Column, type Database } from "../columns.ts";
import { endpoint, job, signingSecret } from "../schema.ts";
import { eitherSeal } from "../schema/job-life.ts";

export interface SealReads {
  /** The ids of the keys with which something is sealed, sorted; at most `kidsMax` of a table. */
  kidsInUse(): Promise<readonly string[]>;
  /** Rows that are sealed with it, counted up to `sealedRowsCountedMax` per table. */
  countSealedWith(kid: string): Promise<number>;
}

/** Bounds the seeks, whatever somebody has written into the table. */
const kidsMax = 50;
/** What has another form is damaged, and says nothing about keys. */
const kidForm = /^[\da-f]{8}$/;

export function createSealReads(database: Database): SealReads {
  const sealed: Readonly<Record<SealPosition["table"], Column | SQL>> = {
    signing_secret: signingSecret.sealed,
    endpoint: endpoint.sealedHeaders,
    job: eitherSeal(job),
  };
  const tables = { signing_secret: signingSecret, endpoint, job };

  /** The least that is greater: a seek. */
  async function kidAfter(name: SealPosition["table"], earlier: string): Promise<string | null> {
    const kid = sql<string>`${sealedWith(sealed[name])}`;
    const [row] = await database
      .select({ kid })
      .from(tables[name])
      .where(and(sql`${sealed[name]} is not null`, gt(kid, earlier)))
      .orderBy(kid)
      .limit(1);
    return row?.kid ?? null;
  }

  async function kidsOf(name: SealPosition["table"]): Promise<string[]> {
    const kids: string[] = [];
    for (let kid = await kidAfter(name, ""); kid !== null && kids.length < kidsMax;) {
      kids.push(kid);
      kid = await kidAfter(name, kid);
    }
    return kids;
  }

  return {
    async kidsInUse() {
      const kids = (await Promise.all(sealedTables.map(kidsOf))).flat();
      return [...new Set(kids)].filter((kid) => kidForm.test(kid)).toSorted();
    },
    async countSealedWith(kid) {
      const counts = await Promise.all(
        sealedTables.map(async (name) => {
          const limited = database
            .select({ kid: sql<string>`${sealedWith(sealed[name])}`.as("kid") })
            .from(tables[name])
            .where(and(sql`${sealed[name]} is not null`, eq(sealedWith(sealed[name]), kid)))
            .limit(sealedRowsCountedMax)
            .as("limited");
          const [row] = await database.select({ rows: count() }).from(limited);
          return row?.rows ?? 0;
        }),
      );
      return counts.reduce((sum, rows) => sum + rows, 0);
    },
  };
}
