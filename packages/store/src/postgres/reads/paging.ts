// Pages by key, newest first: no offset, no open cursor. Twin file: byte-identical for every dialect.
import { sql, type SQL } from "drizzle-orm";
import type { ListPosition, Page, PageRequest } from "@ringback/core";
import type { Column } from "../columns.ts";

/** True for rows that come after the position; rows compare as a whole, so the index on both columns serves it. */
export function isAfter(page: Pick<PageRequest, "after">, at: Column, id: Column): SQL | undefined {
  return page.after === null ? undefined : sql`(${at}, ${id}) < (${page.after.at}, ${page.after.id})`;
}

/** `rows` were read with a limit of `limit + 1`: the one too many tells that there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  of: { readonly item: (row: Row) => Item; readonly position: (row: Row) => ListPosition },
): Page<Item, ListPosition> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? of.position(last) : null;
  return { items: shown.map((row) => of.item(row)), next };
}
