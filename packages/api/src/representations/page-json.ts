// A page of a list: `{data, nextCursor}`, and the same continuation as a Link header (RFC 8288).
import type { HonoRequest } from "hono";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";

/** `items` are JSON texts; `cursor` is null on the last page. The link keeps the request's other parameters. */
export function pageAnswer(request: HonoRequest, items: readonly string[], cursor: string | null): Answer {
  const body = `{"data":[${items.join(",")}],"nextCursor":${JSON.stringify(cursor)}}`;
  return jsonAnswer(
    status.ok,
    body,
    cursor === null ? {} : { link: `<${nextUrl(request, cursor)}>; rel="next"` },
  );
}

function nextUrl(request: HonoRequest, cursor: string): string {
  const url = new URL(request.url);
  url.searchParams.set("cursor", cursor);
  return `${url.pathname}${url.search}`;
}
