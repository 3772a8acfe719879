// Which kinds of job the processes run, as they say themselves.
import type { AnnouncedKind, Instant, KindStore } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { announcedKind } from "../schema.ts";

export interface KindTransitions {
  announce(announcement: Parameters<KindStore["announce"]>[0]): void;
  announced(since: Instant): AnnouncedKind[];
  /** Deletes the announcements of processes that have been silent for a day. */
  expireKinds(options: { readonly now: Instant; readonly limit: number }): number;
}

const silentMs = 24 * 3_600_000;

export function createKindTransitions({ client }: Ground): KindTransitions {
  const insert = inserter(
    client,
    announcedKind,
    `on conflict (holder, kind) do update set run_timeout_ms = excluded.run_timeout_ms, max_runs = excluded.max_runs,
       announced_at = excluded.announced_at`,
  );
  const deleteOthers = client.prepare<[string, string]>(
    "delete from announced_kind where holder = ? and kind not in (select value from json_each(?))",
  );
  const select = client.prepare<[Instant], AnnouncedKind>(
    `select kind, run_timeout_ms as "runTimeoutMs", max_runs as "maxRuns" from announced_kind
     where announced_at >= ? order by announced_at`,
  );
  const expire = client.prepare<[Instant, number]>(
    `delete from announced_kind where rowid in (
       select rowid from announced_kind where announced_at <= ? order by announced_at limit ?
     )`,
  );
  return {
    announce({ holder, kinds, now }) {
      deleteOthers.run(holder, JSON.stringify(kinds.map(({ kind }) => kind)));
      for (const kind of kinds) insert({ holder, ...kind, announcedAt: now });
    },
    announced(since) {
      // The last one said counts: a later row replaces an earlier one of the same kind.
      const byKind = new Map(select.all(since).map((one) => [one.kind, one]));
      return [...byKind.values()];
    },
    expireKinds: ({ now, limit }) => expire.run(now - silentMs, limit).changes,
  };
}
