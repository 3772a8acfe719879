// The pages behind a problem's `type`, made of the catalogue.
import { html } from "../pages/html.ts";
import { page } from "../pages/page.ts";
import { prose } from "../pages/prose.ts";
import { catalogue, type ProblemCode, type ProblemEntry } from "./catalogue.ts";

/** One code's page: meaning, causes, fix. */
export function problemPage(code: ProblemCode): string {
  const { status, title, meaning, causes, fix }: ProblemEntry = catalogue[code];
  return page(
    title,
    html`<main class="text">
      <p class="soft"><code>${code}</code> · HTTP ${status}</p>
      <h1>${prose(title)}</h1>
      <p>${prose(meaning)}</p>
      <h2>${causes.length === 1 ? "Cause" : "Causes"}</h2>
      <ul>
        ${causes.map((cause) => html`<li>${prose(cause)}</li>`)}
      </ul>
      <h2>What to do</h2>
      <p>${prose(fix)}</p>
      <nav><a href="/problems">All problems</a> · <a href="/docs">The API</a></nav>
    </main>`,
  );
}

/** The list of all codes. */
export function problemIndexPage(): string {
  const rows = Object.entries(catalogue).map(
    ([code, { status, title }]) =>
      html`<tr>
        <td>
          <a href="/problems/${code}"><code>${code}</code></a>
        </td>
        <td class="soft">${status}</td>
        <td>${prose(title)}</td>
      </tr>`,
  );
  return page(
    "Problems",
    html`<main class="text">
      <h1>Problems</h1>
      <p>Every error answers <code>application/problem+json</code> with one of these codes.</p>
      <h2>Codes</h2>
      <table>
        <tbody>
          ${rows}
        </tbody>
      </table>
      <nav><a href="/docs">The API</a></nav>
    </main>`,
  );
}
