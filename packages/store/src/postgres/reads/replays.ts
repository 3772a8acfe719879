// Reads of replays, and what one would be made of. Twin file: byte-identical for every dialect.
import { and, count, desc, eq, min, sql } from "drizzle-orm";
import { previewHostsMax, type ReplayReads as Reads, type Selection } from "@ringback/core";
import type { Database } from "../columns.ts";
import { replayOf } from "../nouns.ts";
import { deadLetter, delivery, replay } from "../schema.ts";
import { itsDelivery, letterMatches } from "./dead-letters.ts";
import { isAfter, pageOf } from "./paging.ts";
import { hasTextPart, lookedUp, withTextAsFilter } from "./selection.ts";

export function createReplayReads(database: Database): Reads {
  /** By host, and since when. A text needs the delivery's own row; nothing else does. */
  async function countByHost(tenantId: string, state: "open" | "resolved", filter: Selection) {
    const { host, diedAt } = deadLetter;
    const { text } = filter;
    const column = lookedUp(text);
    const match = column !== null ? eq(column, text) : text === undefined ? undefined : hasTextPart(text);
    const among = and(
      eq(deadLetter.tenantId, tenantId),
      eq(deadLetter.state, state),
      ...letterMatches(filter),
    );
    const counted = database.select({ host, count: count(), oldest: min(diedAt) }).from(deadLetter);
    return match === undefined
      ? counted.where(among).groupBy(host)
      : counted.innerJoin(delivery, itsDelivery).where(and(among, match)).groupBy(host);
  }

  return {
    async getReplay(tenantId, replayId) {
      const [row] = await database
        .select()
        .from(replay)
        .where(and(eq(replay.tenantId, tenantId), eq(replay.id, replayId)));
      return row === undefined ? null : replayOf(row);
    },
    async listReplays(tenantId, page) {
      const rows = await database
        .select()
        .from(replay)
        .where(and(eq(replay.tenantId, tenantId), isAfter(page, replay.createdAt, replay.id)))
        .orderBy(desc(replay.createdAt), desc(replay.id))
        .limit(page.limit + 1);
      return pageOf(rows, page.limit, {
        item: replayOf,
        position: (row) => ({ at: row.createdAt, id: row.id }),
      });
    },
    async replayVersions(keys) {
      if (keys.length === 0) return [];
      const asked = keys.map(({ tenantId, replayId }) => sql`(${tenantId}, ${replayId})`);
      const rows = await database
        .select({ tenantId: replay.tenantId, replayId: replay.id, version: replay.version })
        .from(replay)
        .where(sql`(${replay.tenantId}, ${replay.id}) in (values ${sql.join(asked, sql`, `)})`);
      const versions = new Map(rows.map((row) => [`${row.replayId} ${row.tenantId}`, row.version]));
      return keys.map(({ tenantId, replayId }) => versions.get(`${replayId} ${tenantId}`) ?? null);
    },
    async previewReplay(tenantId, asked) {
      const filter = withTextAsFilter(asked);
      if (filter === null) return nothing;
      const hosts = await countByHost(tenantId, "open", filter);
      const resolved = await countByHost(tenantId, "resolved", filter);
      const oldest = hosts.flatMap((host) => host.oldest ?? []);
      return {
        count: sumOf(hosts),
        hosts: hosts
          .toSorted((left, right) => right.count - left.count)
          .slice(0, previewHostsMax)
          .map(({ host, count: letters }) => ({ host, count: letters })),
        hostCount: hosts.length,
        oldestDiedAt: oldest.length === 0 ? null : oldest.reduce((left, right) => Math.min(left, right)),
        deliveredSince: sumOf(resolved),
      };
    },
  };
}

const nothing = { count: 0, hosts: [], hostCount: 0, oldestDiedAt: null, deliveredSince: 0 } as const;

function sumOf(counts: readonly { readonly count: number }[]): number {
  return counts.reduce((sum, { count: more }) => sum + more, 0);
}
