// Which kinds of job the processes run, as they say themselves.
import type { AnnouncedKind, Instant, KindStore } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { announcedKind } from "../schema.ts";

const insertKinds = inserter(announcedKind, {
  suffix: `on conflict (holder, kind) do update set run_timeout_ms = excluded.run_timeout_ms,
    max_runs = excluded.max_runs, announced_at = excluded.announced_at`,
});
const deleteOthers = "delete from announced_kind where holder = $1 and kind <> all($2::text[])";
const selectKinds = `select kind, run_timeout_ms as "runTimeoutMs", max_runs as "maxRuns"
  from announced_kind where announced_at >= $1 order by announced_at`;
const expire = `delete from announced_kind where ctid = any(array(
    select ctid from announced_kind where announced_at <= $1 order by announced_at limit $2
    for update skip locked
  )) returning 1`;
const silentMs = 24 * 3_600_000;

export async function announceKinds(
  { transaction }: Ground,
  { holder, kinds, now }: Parameters<KindStore["announce"]>[0],
): Promise<void> {
  transaction.send(deleteOthers, [holder, kinds.map(({ kind }) => kind)]);
  if (kinds.length === 0) return;
  const rows = kinds.map((one) => ({ holder, ...one, announcedAt: now }));
  await transaction.ask(insertKinds.text, [insertKinds.spell(rows)]);
}

export async function announcedKinds({ transaction }: Ground, since: Instant): Promise<AnnouncedKind[]> {
  const rows = await transaction.ask<AnnouncedKind>(selectKinds, [since]);
  // The last one said counts: a later row replaces an earlier one of the same kind.
  return [...new Map(rows.map((one) => [one.kind, one])).values()];
}

/** Deletes the announcements of processes that have been silent for a day. */
export async function expireKinds(
  { transaction }: Ground,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<number> {
  return (await transaction.ask(expire, [now - silentMs, limit])).length;
}
