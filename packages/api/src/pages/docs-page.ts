// `/docs`: the OpenAPI document as a page to read. Everything on it comes from the document, and all of it is escaped.
import { html, type Html } from "./html.ts";
import { operationHtml } from "./docs-operation.ts";
import { codesEverywhere, operationsOf, type Document, type Placed } from "./docs-document.ts";
import { problemLink } from "./docs-problems.ts";
import { objectHtml } from "./docs-schema.ts";
import { webhookHtml } from "./docs-webhook.ts";
import { page } from "./page.ts";
import { paragraphs, prose } from "./prose.ts";

/** `document` is the parsed `/openapi.json`. */
export function docsPage(document: Document): string {
  const operations = operationsOf(document);
  const chapters = document.tags.map((tag) => ({
    ...tag,
    operations: operations.filter(({ operation }) => operation.tags[0] === tag.name),
  }));
  const common = codesEverywhere(operations);
  return page(
    "API",
    html`<div class="docs">
      <nav class="contents" aria-label="Contents">${contents(chapters, document)}</nav>
      <main>
        <header class="about" id="top">
          <p class="soft">${document.info.title} ${document.info.version}</p>
          <h1>${document.info.summary}</h1>
          ${paragraphs(document.info.description)}
          <p>
            This page is made of <a href="/openapi.json">/openapi.json</a> (OpenAPI ${document.openapi}). In
            the examples, <code>RINGBACK_URL</code> is where you reach this server, and
            <code>RINGBACK_KEY</code> is your key.
          </p>
          <p>
            Any call may also be answered with
            ${common.map((code, index) => [index === 0 ? "" : ", ", problemLink(code)])}.
          </p>
        </header>
        ${chapters.map((chapter) => chapterHtml(chapter, new Set(common), document))}
        <section class="chapter">
          <h2 id="webhooks">Webhooks</h2>
          <p class="lead">
            What Ringback sends to callbacks and endpoints, signed as
            <a href="https://www.standardwebhooks.com">Standard Webhooks</a> says.
          </p>
          ${Object.entries(document.webhooks).map(([type, { post }]) => webhookHtml(type, post, document))}
        </section>
        <section class="chapter">
          <h2 id="schemas">Schemas</h2>
          ${Object.entries(document.components.schemas).map(
            ([name, schema]) =>
              html`<article>
                <h3 id="schema-${name}">${name}</h3>
                ${objectHtml(schema, document)}
              </article>`,
          )}
        </section>
      </main>
    </div>`,
  );
}

interface Chapter {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly Placed[];
}

/** Open on a wide screen by the stylesheet, a fold on a narrow one. */
function contents(chapters: readonly Chapter[], { components, webhooks }: Document): Html {
  return html`<details>
    <summary>Contents</summary>
    <div>
      ${chapters.map(
        ({ name, operations }) =>
          html`<h4><a href="#${anchor(name)}">${name}</a></h4>
            <ul>
              ${operations.map(
                ({ operation, method }) =>
                  html`<li>
                    <a href="#${operation.operationId}"
                      ><span class="verb ${method}">${method}</span> ${operation.summary}</a
                    >
                  </li>`,
              )}
            </ul>`,
      )}
      <h4><a href="#webhooks">Webhooks</a></h4>
      <ul>
        ${Object.keys(webhooks).map((type) => html`<li><a href="#webhook-${type}">${type}</a></li>`)}
      </ul>
      <h4><a href="#schemas">Schemas</a></h4>
      <ul>
        ${Object.keys(components.schemas).map((name) => html`<li><a href="#schema-${name}">${name}</a></li>`)}
      </ul>
      <h4><a href="/problems">Problems</a></h4>
    </div>
  </details>`;
}

function chapterHtml(
  { name, description, operations }: Chapter,
  common: ReadonlySet<string>,
  document: Document,
): Html {
  return html`<section class="chapter">
    <h2 id="${anchor(name)}">${name}</h2>
    <p class="lead">${prose(description)}</p>
    ${operations.map((placed) => operationHtml(placed, { common, document }))}
  </section>`;
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z\d]+/g, "-");
}
