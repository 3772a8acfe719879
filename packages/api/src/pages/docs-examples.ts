// The examples of an operation: the request as curl, and what was answered to it.
import type { Examples, Placed } from "./docs-document.ts";
import { curlOf } from "./curl.ts";
import { html, type Html } from "./html.ts";
import { prose } from "./prose.ts";

export function examplesHtml(placed: Placed): Html | null {
  const shown = namesOf(placed).map((name) => exampleHtml(placed, name));
  return shown.length === 0
    ? null
    : html`<h4>${shown.length === 1 ? "Example" : "Examples"}</h4>
        ${shown}`;
}

/** Every example has one name in the parameters, the body and the answer. */
function namesOf({ operation }: Placed): readonly string[] {
  const { parameters = [], requestBody, responses } = operation;
  const all: readonly (Examples | undefined)[] = [
    ...Object.values(requestBody?.content ?? {}).map(({ examples }) => examples),
    ...parameters.map(({ examples }) => examples),
    ...Object.values(responses).flatMap(({ headers = {}, content = {} }) =>
      [...Object.values(headers), ...Object.values(content)].map(({ examples }) => examples),
    ),
  ];
  return [...new Set(all.flatMap((examples) => Object.keys(examples ?? {})))];
}

function exampleHtml(placed: Placed, name: string): Html {
  const found = answerOf(placed, name);
  return html`<details class="example">
    <summary>
      ${found === null ? name : prose(found.summary)}
      ${found === null ? null : html`<span class="status ${found.status < "400" ? "" : "bad"}">${found.status}</span>`}
    </summary>
    <pre><code>${curlOf(placed, name)}</code></pre>
    ${found === null ? null : html`<pre class="answer"><code>${found.text}</code></pre>`}
  </details>`;
}

interface Answered {
  readonly status: string;
  readonly summary: string;
  readonly text: string;
}

function answerOf({ operation }: Placed, name: string): Answered | null {
  for (const [status, { headers = {}, content = {} }] of Object.entries(operation.responses)) {
    const lines = Object.entries(headers).flatMap(([header, { examples }]) =>
      examples?.[name] === undefined ? [] : [`${header}: ${String(examples[name].value)}`],
    );
    const [body] = Object.entries(content).flatMap(([type, { examples }]) =>
      examples?.[name] === undefined ? [] : [{ type, ...examples[name] }],
    );
    const summaries = [
      body?.summary,
      ...Object.values(headers).map(({ examples }) => examples?.[name]?.summary),
    ];
    const summary = summaries.find((text) => text !== undefined);
    if (summary === undefined) continue;
    const type = body === undefined || body.type === "*/*" ? [] : [`content-type: ${body.type}`];
    const head = [`HTTP/1.1 ${status}`, ...type, ...lines].join("\n");
    return { status, summary, text: body === undefined ? head : `${head}\n\n${textOf(body.value)}` };
  }
  return null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
