// The pages behind a problem's `type`: plain HTML from the catalogue, without scripts or anything from outside.
import { catalogue, type ProblemCode, type ProblemEntry } from "./catalogue.ts";

const style = `
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --paper: #fcfcfd; --accent: #0d74ce }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #b0b4ba; --line: #363a3f; --paper: #111113; --accent: #70b8ff } }
body { margin: 0 auto; max-width: 42rem; padding: 3.5rem 1.25rem 5rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0.5rem 0 1.25rem; text-wrap: balance }
h2 { font-size: 0.9375rem; margin: 2rem 0 0.375rem; color: var(--soft); font-weight: 600 }
p, ul { margin: 0 } ul { padding-left: 1.25rem } li + li { margin-top: 0.25rem }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere }
a { color: var(--accent); text-underline-offset: 0.2em }
.code { color: var(--soft) } nav { margin-top: 3rem }
table { width: 100%; border-collapse: collapse } td { padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); vertical-align: top }
td:first-child { white-space: nowrap } .status { color: var(--soft); font-variant-numeric: tabular-nums }`;

/** One code's page: meaning, causes, fix. */
export function problemPage(code: ProblemCode): string {
  const { status, title, meaning, causes, fix }: ProblemEntry = catalogue[code];
  return page(
    title,
    `<p class="code"><code>${code}</code> · HTTP ${status}</p>
<h1>${prose(title)}</h1>
<p>${prose(meaning)}</p>
<h2>${causes.length === 1 ? "Cause" : "Causes"}</h2>
<ul>${causes.map((cause) => `<li>${prose(cause)}</li>`).join("")}</ul>
<h2>What to do</h2>
<p>${prose(fix)}</p>
<nav><a href="/problems">All problems</a></nav>`,
  );
}

/** The list of all codes. */
export function problemIndexPage(): string {
  const rows = Object.entries(catalogue).map(
    ([code, { status, title }]) =>
      `<tr><td><a href="/problems/${code}"><code>${code}</code></a></td><td class="status">${status}</td><td>${prose(title)}</td></tr>`,
  );
  return page(
    "Problems",
    `<h1>Problems</h1>
<p>Every error answers <code>application/problem+json</code> with one of these codes.</p>
<h2>Codes</h2>
<table><tbody>${rows.join("\n")}</tbody></table>`,
  );
}

export const pageHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "public, max-age=3600",
};

function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${prose(title)} · Ringback</title>
<style>${style}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}

/** Escaped text, with what stands between backticks as code. */
function prose(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
