// One webhook on the page: when it is sent, its headers, and an example of its body.
import type { Document, OperationObject } from "./docs-document.ts";
import { fieldHtml } from "./docs-schema.ts";
import { html, type Html } from "./html.ts";
import { prose } from "./prose.ts";

export function webhookHtml(type: string, operation: OperationObject, document: Document): Html {
  const { summary, parameters = [], requestBody, responses } = operation;
  const [content] = Object.values(requestBody?.content ?? {});
  const name = content?.schema.$ref?.split("/").at(-1) ?? "";
  const [example] = Object.values(content?.examples ?? {});
  return html`<article>
    <h3 id="webhook-${type}"><a href="#webhook-${type}">${summary}</a></h3>
    <p class="route"><span class="verb post">post</span> <code>${type}</code></p>
    <p>The body is a <a href="#schema-${name}">${name}</a>.</p>
    <details class="example">
      <summary>Headers, answers and an example</summary>
      <dl class="fields">
        ${parameters.map((parameter) => fieldHtml({ ...parameter, required: true }, document))}
      </dl>
      <dl class="answers">
        ${Object.entries(responses).map(
          ([status, { description }]) =>
            html`<dt class="status">${status}</dt>
              <dd><p>${prose(description)}</p></dd>`,
        )}
      </dl>
      <pre><code>${JSON.stringify(example?.value, null, 2)}</code></pre>
    </details>
  </article>`;
}
