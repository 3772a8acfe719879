// A page of rows in memory, newest first, as the store's lists are.
import type { ListPosition, Page, PageRequest } from "@ringback/core";

export function pageOf<Row extends { readonly id: string; readonly createdAt: number }>(
  rows: readonly Row[],
  { after, limit }: PageRequest,
): Page<Row, ListPosition> {
  const behind = rows
    .toSorted((left, right) =>
      right.createdAt === left.createdAt
        ? Number(right.id > left.id) * 2 - 1
        : right.createdAt - left.createdAt,
    )
    .filter(
      (row) =>
        after === null || row.createdAt < after.at || (row.createdAt === after.at && row.id < after.id),
    );
  const items = behind.slice(0, limit);
  const last = behind.length > limit ? items.at(-1) : undefined;
  return { items, next: last === undefined ? null : { at: last.createdAt, id: last.id } };
}
