// Answers a list: as a page of JSON, or, when the client accepts `application/x-ndjson`, as all of it, one line an item.
import type { ListPosition, Page, PageRequest } from "@ringback/core";
import type { Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { linesOf } from "../feed/lines.ts";
import { pageAnswer } from "../representations/page-json.ts";
import type { CursorList } from "../tokens/cursors.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call } from "./route.ts";

export interface AnsweredList<Item> {
  readonly list: CursorList;
  readonly page: PageRequest;
  readonly read: (page: PageRequest) => Promise<Page<Item, ListPosition>>;
  readonly spell: (item: Item) => string;
}

const lineType = "application/x-ndjson";

export async function answerList<Item>(
  { request, tenantId }: Call,
  { cursors, settings }: RouteDeps,
  { list, page, read, spell }: AnsweredList<Item>,
): Promise<Answer> {
  const seal = (next: ListPosition): string => cursors.sealPosition(list, tenantId, next);
  const wantsLines = request.header("accept")?.includes(lineType) === true;
  if (!wantsLines) {
    const { items, next } = await read(page);
    return pageAnswer(request, items.map(spell), next === null ? null : seal(next));
  }
  const headers = { "content-type": lineType, "cache-control": "no-store" };
  if (request.method === "HEAD") return { status: status.ok, headers, body: null };
  const limit = settings.listLimitMax;
  const first = await read({ ...page, limit });
  const source = { first, read: (after: ListPosition) => read({ after, limit }), spell, seal };
  return { status: status.ok, headers, body: linesOf(source, settings.exportLinesMax) };
}
