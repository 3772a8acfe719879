// The problem codes an operation can answer, each a link to its page.
import { codesOf, type Answer } from "./docs-document.ts";
import { html, type Html } from "./html.ts";

/** By status, without those in `common`, which the page names once. */
export function problemsHtml(
  responses: Readonly<Record<string, Answer>>,
  common: ReadonlySet<string>,
): Html | null {
  const rows = Object.entries(responses).flatMap(([status, answer]) => {
    const codes = codesOf(answer).filter((code) => !common.has(code));
    return codes.length === 0 ? [] : [{ status, codes }];
  });
  if (rows.length === 0) return null;
  return html`<h4>Problems</h4>
    <dl class="problems">
      ${rows.map(
        ({ status, codes }) =>
          html`<dt class="status bad">${status}</dt>
            <dd>${codes.map((code) => [problemLink(code), " "])}</dd>`,
      )}
    </dl>`;
}

export function problemLink(code: string): Html {
  return html`<a class="code" href="/problems/${code}">${code}</a>`;
}
