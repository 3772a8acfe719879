// The little markup that our texts use: `code`, **strong**, [links](/to), lists of lines that begin with a dash, paragraphs.
import { escaped, Html, html } from "./html.ts";

/** One line of text. */
export function prose(text: string): Html {
  return new Html(
    escaped(text)
      .replaceAll(/`([^`]+)`/g, "<code>$1</code>")
      .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>"),
  );
}

/** Paragraphs and lists, with an empty line between them. */
export function paragraphs(text: string): readonly Html[] {
  return text.split("\n\n").map((block) => {
    const lines = block.split("\n");
    return lines.every((line) => line.startsWith("- "))
      ? html`<ul>
          ${lines.map((line) => html`<li>${prose(line.slice(2))}</li>`)}
        </ul>`
      : html`<p>${prose(block)}</p>`;
  });
}
