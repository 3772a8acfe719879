// Sealing again what was sealed with a former key: the order in which tables and keys are gone through, the statements that
// find and change rows, and what becomes of one row. The same for every dialect; `?` stands for each parameter in turn.
import { sealedTables, type SealPosition } from "@ringback/core";
import { SealBroken, type SealedPlace, type Sealing } from "./sealing.ts";
import { secretPlace } from "./secret-place.ts";

/** A row's sealed values, in the order of its table's `columns`. */
export interface SealedRow {
  readonly tenantId: string;
  readonly id: string;
  readonly n: number;
  readonly first: string | null;
  readonly second: string | null;
}

interface SealedTable {
  /** Takes `(kid, tenantId, id, n, limit)`, or without `n`. */
  readonly select: string;
  /** Takes the new values, the row's key, and the earlier values, which must still be there. */
  readonly update: string;
  readonly places: (row: SealedRow) => readonly SealedPlace[];
}

const either = "coalesce(callback_sealed_secret, callback_sealed_headers)";

export const statementsOf: Readonly<Record<SealPosition["table"], SealedTable>> = {
  signing_secret: {
    select: `select tenant_id as "tenantId", owner as id, n, sealed as first, null as second from signing_secret
      where substr(sealed, 4, 8) = ? and (tenant_id, owner, n) > (?, ?, ?) order by tenant_id, owner, n limit ?`,
    update: `update signing_secret set sealed = ? where tenant_id = ? and owner = ? and n = ? and sealed = ?`,
    places: ({ tenantId, id: owner, n }) => [secretPlace({ tenantId, owner, n })],
  },
  endpoint: {
    select: `select tenant_id as "tenantId", id, 0 as n, sealed_headers as first, null as second from endpoint
      where substr(sealed_headers, 4, 8) = ? and sealed_headers is not null and (tenant_id, id) > (?, ?)
      order by tenant_id, id limit ?`,
    update: `update endpoint set sealed_headers = ? where tenant_id = ? and id = ? and sealed_headers = ?`,
    places: ({ tenantId, id: rowId }) => [{ tenantId, table: "endpoint", rowId, column: "sealed_headers" }],
  },
  job: {
    select: `select tenant_id as "tenantId", id, 0 as n, callback_sealed_secret as first,
        callback_sealed_headers as second from job
      where substr(${either}, 4, 8) = ? and ${either} is not null and (tenant_id, id) > (?, ?)
      order by tenant_id, id limit ?`,
    update: `update job set callback_sealed_secret = ?, callback_sealed_headers = ? where tenant_id = ? and id = ?
      and coalesce(callback_sealed_secret, '') = ? and coalesce(callback_sealed_headers, '') = ?`,
    places: ({ tenantId, id: rowId }) =>
      ["callback_sealed_secret", "callback_sealed_headers"].map((column) => ({
        tenantId,
        table: "job",
        rowId,
        column,
      })),
  },
};

/** The parameters of its table's `select`. */
export function selectValues({ table, kid, tenantId, id, n }: SealPosition, limit: number): unknown[] {
  return table === "signing_secret" ? [kid, tenantId, id, n, limit] : [kid, tenantId, id, limit];
}

/** The parameters of its table's `update`; null when a value of the row does not open. */
export function resealedValues(
  table: SealPosition["table"],
  row: SealedRow,
  sealing: Sealing,
): unknown[] | null {
  const places = statementsOf[table].places(row);
  const earlier = [row.first, row.second].slice(0, places.length);
  try {
    const sealed = places.map((place, at) => {
      const value = earlier[at] ?? null;
      return value === null ? null : sealing.seal(sealing.open(value, place), place);
    });
    const key = table === "signing_secret" ? [row.tenantId, row.id, row.n] : [row.tenantId, row.id];
    return [...sealed, ...key, ...earlier.map((value) => value ?? "")];
  } catch (thrown) {
    if (thrown instanceof SealBroken) return null;
    throw thrown;
  }
}

/** Null when there is no former key. */
export function firstPosition({ former: [kid] }: Sealing): SealPosition | null {
  return kid === undefined ? null : beginningOf(sealedTables[0], kid);
}

/** Where to go on after these rows, which were all there are when they are fewer than `limit`. */
export function positionAfter(
  at: SealPosition,
  { rows, limit, sealing }: { rows: readonly SealedRow[]; limit: number; sealing: Sealing },
): SealPosition | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length >= limit) {
    const { tenantId, id, n } = last;
    return { ...at, tenantId, id, n };
  }
  const { former } = sealing;
  const nextKid = former[former.indexOf(at.kid) + 1];
  if (nextKid !== undefined) return beginningOf(at.table, nextKid);
  const nextTable = sealedTables[sealedTables.indexOf(at.table) + 1];
  const [firstKid] = former;
  return nextTable === undefined || firstKid === undefined ? null : beginningOf(nextTable, firstKid);
}

function beginningOf(table: SealPosition["table"], kid: string): SealPosition {
  return { table, kid, tenantId: "", id: "", n: 0 };
}
