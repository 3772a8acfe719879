// A list as lines of JSON, read page by page as the client takes them: no cursor stays open, and no more than a page is held.
import type { ListPosition, Page } from "@ringback/core";

export interface LineSource<Item> {
  /** Read before the answer begins, so that a store that is away is told as such. */
  readonly first: Page<Item, ListPosition>;
  readonly read: (after: ListPosition) => Promise<Page<Item, ListPosition>>;
  readonly spell: (item: Item) => string;
  readonly seal: (next: ListPosition) => string;
}

const encoder = new TextEncoder();

/**
 * Ends with the list. After about `linesMax` lines (whole pages) the last line is `{"nextCursor": …}`, with which the next
 * export goes on. When a read fails the stream breaks off, so that nobody takes a part for the whole.
 */
export function linesOf<Item>(source: LineSource<Item>, linesMax: number): ReadableStream<Uint8Array> {
  let page = source.first;
  let lines = 0;

  function spellPage(): string {
    lines += page.items.length;
    return page.items.map((item) => `${source.spell(item)}\n`).join("");
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          let text = spellPage();
          const { next } = page;
          const isOver = next === null || lines >= linesMax;
          if (next !== null && isOver) text += `${JSON.stringify({ nextCursor: source.seal(next) })}\n`;
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (next === null || isOver) {
            controller.close();
            return;
          }
          page = await source.read(next);
          if (text !== "") return;
        }
      },
    },
    { highWaterMark: 1 },
  );
}
