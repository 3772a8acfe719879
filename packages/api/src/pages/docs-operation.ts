// One operation on the page: what it does, what it takes, what it answers, and examples to paste into a shell.
import { codesOf, type Answer, type Content, type Document, type Placed } from "./docs-document.ts";
import { examplesHtml } from "./docs-examples.ts";
import { problemsHtml } from "./docs-problems.ts";
import { fieldHtml, objectHtml } from "./docs-schema.ts";
import { html, type Html } from "./html.ts";
import { paragraphs, prose } from "./prose.ts";

interface Around {
  readonly common: ReadonlySet<string>;
  readonly document: Document;
}

export function operationHtml(placed: Placed, { common, document }: Around): Html {
  const { method, path, operation } = placed;
  const { operationId, summary, description, responses, callbacks } = operation;
  return html`<article>
    <h3 id="${operationId}"><a href="#${operationId}">${summary}</a></h3>
    <p class="route"><span class="verb ${method}">${method}</span> <code>${spaced(path)}</code></p>
    <p class="soft">${neededHtml(operation)}</p>
    ${description === undefined ? null : paragraphs(description)}
    ${callbacks === undefined ? null : html`<p>Leads to <a href="#webhooks">webhooks</a>.</p>`}
    ${parametersHtml(placed, document)} ${bodyHtml(placed, document)}
    <h4>Answers</h4>
    <dl class="answers">
      ${Object.entries(responses).map(([status, answer]) => answerHtml(status, answer, document))}
    </dl>
    ${problemsHtml(responses, common)} ${examplesHtml(placed)}
  </article>`;
}

/** What a caller must have. */
function neededHtml({ "x-scope": scope, security }: Placed["operation"]): Html {
  if (scope === "admin") return html`Needs a key with the scope <code>admin</code>.`;
  if (scope !== undefined)
    return html`Needs a key with the scope <code>${scope}</code> or <code>admin</code>.`;
  return security.length === 0
    ? html`Needs no key.`
    : html`Needs no key, but the token that an upstream is called with.`;
}

/** Long paths may break before a slash. */
function spaced(path: string): readonly (string | Html)[] {
  return path.split("/").flatMap((part, index) => (index === 0 ? [part] : [html`<wbr />`, `/${part}`]));
}

function parametersHtml({ operation }: Placed, document: Document): Html | null {
  const { parameters = [] } = operation;
  if (parameters.length === 0) return null;
  return html`<h4>Parameters</h4>
    <dl class="fields">
      ${parameters.map(({ name, in: place, required = false, schema, description }) =>
        fieldHtml({ name, required, schema, description, place }, document),
      )}
    </dl>`;
}

function bodyHtml({ operation }: Placed, document: Document): Html | null {
  const { requestBody } = operation;
  if (requestBody === undefined) return null;
  return html`<h4>Body${requestBody.required ? "" : ", may be empty"}</h4>
    ${Object.entries(requestBody.content).map(([type, { schema }]) =>
      type === "*/*"
        ? html`<p class="type">Or, under any other Content-Type: the bytes as they are.</p>`
        : objectHtml(schema, document),
    )}`;
}

/** Problems stand below, by code. */
function answerHtml(status: string, answer: Answer, document: Document): Html | null {
  const { description, headers = {}, content = {} } = answer;
  const own = Object.entries(content).filter(([type]) => type !== "application/problem+json");
  const isProblem = codesOf(answer).length > 0;
  if (isProblem && own.length === 0) return null;
  const [line = ""] = description.split("\n");
  return html`<dt class="status">${status}</dt>
    <dd>
      <p>${prose(line)}</p>
      ${own.map(([type, body]) => contentHtml(type, body, document))} ${headersHtml(headers)}
    </dd>`;
}

function contentHtml(type: string, { schema }: Content, document: Document): Html {
  const isLarge = schema.$ref === undefined && schema.properties !== undefined;
  if (isLarge)
    return html`<p class="type">${type}</p>
      ${objectHtml(schema, document)}`;
  const name = schema.$ref?.slice(schema.$ref.lastIndexOf("/") + 1);
  return html`<p class="type">
    ${type}${name === undefined ? null : html`: <a href="#schema-${name}">${name}</a>`}
  </p>`;
}

/** The page's first lines speak of them. */
const everywhere: ReadonlySet<string> = new Set(["x-request-id", "ratelimit-policy", "ratelimit"]);

function headersHtml(headers: NonNullable<Answer["headers"]>): Html | null {
  const told = Object.entries(headers).filter(([name]) => !everywhere.has(name));
  if (told.length === 0) return null;
  return html`<ul class="headers">
    ${told.map(
      ([name, { description, required }]) =>
        html`<li><code>${name}</code>${required === true ? "" : " (sometimes)"}: ${prose(description)}</li>`,
    )}
  </ul>`;
}
