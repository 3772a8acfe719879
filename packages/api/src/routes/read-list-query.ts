// Reads the query of a list of deliveries or dead letters: its filter, and where the page begins.
import type { z } from "zod";
import type { PageRequest } from "@ringback/core";
import { isRefusal, type Refusal } from "../problems/refusal.ts";
import { readQuery } from "../schemas/read-query.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import type { CursorList } from "../tokens/cursors.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call } from "./route.ts";

interface ListQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
}

/** `after` and `before` are the filter's `from` and `until`. */
export function readListQuery<Query extends ListQuery>(
  { request, tenantId }: Call,
  deps: RouteDeps,
  { list, schema }: { readonly list: CursorList; readonly schema: z.ZodType<Query> },
) {
  const query = readQuery(request, schema);
  if (isRefusal(query)) return query;
  const { cursor, limit, after: from, before: until, ...asked } = query.value;
  const after = cursor === undefined ? null : deps.cursors.openPosition(list, tenantId, cursor);
  if (after !== null && isRefusal(after)) return after satisfies Refusal;
  const page: PageRequest = { after, limit };
  return { filter: withoutUndefined({ ...asked, from, until }), page };
}
