// Seals with the present master key again what was sealed with a former one. Rows that others are changing are passed over,
// so nobody waits and a rotation is never overwritten.
import { sealedTables, type Instant, type Resealed, type SealStore } from "@ringback/core";
import {
  firstPosition,
  positionAfter,
  resealedValues,
  selectValues,
  statementsOf,
  type SealedRow,
} from "../../reseal.ts";
import type { Ground } from "../ground.ts";

const setPresent = `insert into present_key (what, kid, since) values ('present', $1, $2)
  on conflict (what) do update set kid = excluded.kid, since = excluded.since`;
const selectPresent = "select kid from present_key where what = 'present'";
const statements = new Map(
  sealedTables.map((table) => {
    const { select, update } = statementsOf[table];
    return [
      table,
      {
        select: `${numbered(select)} for no key update skip locked`,
        update: `${numbered(update)} returning 1 as changed`,
      },
    ];
  }),
);

export async function takeOver({ transaction, sealing }: Ground, now: Instant): Promise<void> {
  await transaction.ask(setPresent, [sealing.present, now]);
}

export async function reseal(
  { transaction, sealing }: Ground,
  { after, limit }: Parameters<SealStore["reseal"]>[0],
): Promise<Resealed> {
  const [present] = await transaction.ask<{ kid: string }>(selectPresent);
  if (present?.kid !== sealing.present) return { kind: "not_ours" };
  const at = after ?? firstPosition(sealing);
  const { select = "", update = "" } = at === null ? {} : (statements.get(at.table) ?? {});
  if (at === null) return { kind: "resealed", rows: 0, broken: 0, next: null };
  const rows = await transaction.ask<SealedRow>(select, selectValues(at, limit));
  const sealed = rows.map((row) => resealedValues(at.table, row, sealing));
  const readable = sealed.filter((values) => values !== null);
  const changed = await Promise.all(readable.map((values) => transaction.ask(update, values)));
  return {
    kind: "resealed",
    rows: changed.flat().length,
    broken: sealed.length - readable.length,
    next: positionAfter(at, { rows, limit, sealing }),
  };
}

/** Parameters as PostgreSQL counts them. */
function numbered(statement: string): string {
  let n = 0;
  return statement.replaceAll("?", () => `$${(n += 1)}`);
}
