// The one stylesheet of the pages: light and dark, from a phone's width up, with the fonts the reader has.
export const style = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1c2024, #edeef0);
  --soft: light-dark(#60646c, #b0b4ba);
  --line: light-dark(#e0e1e6, #2e3135);
  --paper: light-dark(#fdfdfe, #111113);
  --raised: light-dark(#f5f6f8, #1a1b1e);
  --accent: light-dark(#0d74ce, #70b8ff);
  --get: light-dark(#0d74ce, #70b8ff);
  --post: light-dark(#1a7f4b, #4cc38a);
  --delete: light-dark(#c62a2f, #ff9592);
  --put: light-dark(#946300, #f1a10d);
}
* { box-sizing: border-box }
html { scroll-padding-top: 1.5rem; -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.6 system-ui, sans-serif }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px }
code, pre { font: 0.875em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
code { overflow-wrap: anywhere }
h1, h2, h3, h4, p, ul, dl, dd, pre { margin: 0 }
h1 { font-size: clamp(1.5rem, 1.2rem + 1.6vw, 2.125rem); line-height: 1.2; text-wrap: balance }
ul { padding-left: 1.25rem }
.soft { color: var(--soft) }

/* One text: the pages of problems. */
.text { max-width: 42rem; margin: 0 auto; padding: 3.5rem 1.25rem 5rem }
.text h1 { margin: 0.5rem 0 1.25rem }
.text h2 { font-size: 0.9375rem; margin: 2rem 0 0.375rem; color: var(--soft); font-weight: 600 }
.text li + li { margin-top: 0.25rem }
.text nav { margin-top: 3rem }
table { width: 100%; border-collapse: collapse }
td { padding: 0.5rem 0.75rem 0.5rem 0; border-top: 1px solid var(--line); vertical-align: top }
td:first-child code { overflow-wrap: normal }

/* The document. */
.docs { max-width: 78rem; margin: 0 auto; padding: 0 1.25rem }
.docs main { min-width: 0; max-width: 50rem; padding: 2rem 0 6rem }
.about > * + * { margin-top: 1rem }
.about ul { display: grid; gap: 0.5rem }
.chapter { margin-top: 4.5rem }
.chapter > h2 { font-size: 1.5rem; line-height: 1.25 }
.lead { color: var(--soft); margin-top: 0.25rem }
article { border-top: 1px solid var(--line); margin-top: 2.25rem; padding-top: 1.75rem }
article > * + * { margin-top: 0.625rem }
h3 { font-size: 1.1875rem; line-height: 1.3 }
h3 a { color: inherit; text-decoration: none }
h3 a:hover { text-decoration: underline }
article > h4 { font-size: 0.875rem; font-weight: 600; color: var(--soft); margin-top: 1.5rem }
.route { display: flex; gap: 0.625rem; align-items: baseline }
.route code { font-size: 0.9375em }
.verb { font: 600 0.75rem/1 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; text-transform: uppercase; color: var(--get) }
.verb.post { color: var(--post) } .verb.delete { color: var(--delete) } .verb.put, .verb.patch { color: var(--put) }
dl { display: grid; grid-template-columns: minmax(8.5rem, 1fr) minmax(0, 3fr) }
dt, dd { border-top: 1px solid var(--line); padding: 0.5rem 0; min-width: 0 }
dt { padding-right: 1.25rem }
dl > dt:first-of-type, dl > dt:first-of-type + dd { border-top: 0 }
dd dl { grid-template-columns: minmax(7rem, 1fr) minmax(0, 2.4fr); margin-top: 0.5rem; padding-left: 0.875rem; border-left: 2px solid var(--line) }
dl.answers, dl.problems { grid-template-columns: 3.5rem minmax(0, 1fr) }
dd > * + * { margin-top: 0.25rem }
.type { color: var(--soft); font-size: 0.9375rem }
.required, .place { font-size: 0.8125rem; color: var(--soft) }
.required { color: var(--delete) }
.headers { font-size: 0.9375rem; color: var(--soft) }
.headers code { color: var(--ink) }
.status { font-variant-numeric: tabular-nums; font-weight: 600; color: var(--post) }
.status.bad { color: var(--delete) }
.problems dd { line-height: 1.9 }
a.code { font: 0.875em/1.55 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; display: inline-block; margin-right: 0.375rem }
.about a.code { margin: 0 }
details.example { border: 1px solid var(--line); border-radius: 8px; overflow: hidden }
details.example > summary { padding: 0.5rem 0.875rem; cursor: pointer }
details.example > summary .status { float: right }
details.example > summary:hover { background: var(--raised) }
details.example > dl { padding: 0.25rem 0.875rem }
pre { background: var(--raised); border-top: 1px solid var(--line); padding: 0.75rem 0.875rem; overflow-x: auto; tab-size: 2 }
pre code { overflow-wrap: normal; font-size: 0.8125rem }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }

.contents { font-size: 0.875rem; line-height: 1.45 }
.contents summary { cursor: pointer; padding: 0.875rem 0; font-weight: 600 }
.contents h4 { font-size: inherit; margin: 1.125rem 0 0.25rem }
.contents ul { list-style: none; padding: 0 }
.contents a { color: var(--soft); text-decoration: none; display: block; padding: 0.1875rem 0; overflow-wrap: anywhere }
.contents h4 a { color: var(--ink) }
.contents a:hover { color: var(--accent) }
.contents li a { display: grid; grid-template-columns: 3.25rem minmax(0, 1fr); align-items: baseline }
.contents li a:not(:has(.verb)) { display: block }
.contents .verb { font-size: 0.625rem }

@media (max-width: 63.99rem) {
  .contents { position: sticky; top: 0; z-index: 1; background: var(--paper); border-bottom: 1px solid var(--line); margin: 0 -1.25rem; padding: 0 1.25rem }
  .contents details[open] > div { max-height: 70vh; overflow-y: auto; padding-bottom: 1rem }
  html { scroll-padding-top: 4.5rem }
}
@media (min-width: 64rem) {
  .docs { display: grid; grid-template-columns: 16.5rem minmax(0, 1fr); gap: 3.5rem }
  .contents { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding: 2rem 0 }
  .contents summary { display: none }
  .contents details::details-content { content-visibility: visible; display: block; block-size: auto }
}
@media (max-width: 40rem) {
  dl.fields { grid-template-columns: minmax(0, 1fr) }
  dl.fields > dd { border-top: 0; padding-top: 0 }
  dl.fields > dt { padding-bottom: 0 }
}
@media print { .contents { display: none } }
`;
