// Goes through a list of the API page by page, as its cursor leads: a page of a filtered list may be short, or empty, and still
// say where to go on.
import type { Api } from "./api.ts";

export interface SeenPage {
  /** How many items were on it. */
  readonly found: number;
  /** From the request to the last byte of the answer. */
  readonly ms: number;
}

/** `path` may have a query; each page is asked for when the one before has been seen. */
export async function* pagesOf(api: Pick<Api, "get">, path: string): AsyncGenerator<SeenPage> {
  const joint = path.includes("?") ? "&" : "?";
  let next: string | null = "";
  while (next !== null) {
    const startedMs = performance.now();
    const page: ListPage = await api.get<ListPage>(`${path}${next}`);
    yield { found: page.data.length, ms: performance.now() - startedMs };
    next = page.nextCursor === null ? null : `${joint}cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

interface ListPage {
  readonly data: readonly unknown[];
  readonly nextCursor: string | null;
}

/** Milliseconds of the slowest of the first `pages`. Rejects when there is nothing on them, since nothing was measured then. */
export async function slowestPage(api: Pick<Api, "get">, path: string, pages: number): Promise<number> {
  let seen = 0;
  let found = 0;
  let slowestMs = 0;
  for await (const page of pagesOf(api, path)) {
    slowestMs = Math.max(slowestMs, page.ms);
    found += page.found;
    seen += 1;
    if (seen === pages) break;
  }
  if (found === 0) throw new Error(`there is nothing on ${seen} pages of ${path}`);
  return slowestMs;
}
