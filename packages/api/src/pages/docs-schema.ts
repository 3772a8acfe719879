// A schema as a list of fields: name, type, bounds, whether it must be there, and what it means.
import { refName, type Document, type Schema } from "./docs-document.ts";
import { html, type Html } from "./html.ts";
import { prose } from "./prose.ts";

/** How deep objects are shown inside objects; nothing of ours goes deeper. */
const depthMax = 4;

/** The fields of an object, or a line with its type when it is none. */
export function objectHtml(schema: Schema, document: Document, depth = 0): Html {
  const shown =
    schema.$ref === undefined ? schema : (document.components.schemas[refName(schema.$ref)] ?? {});
  const { properties, description } = shown;
  if (properties === undefined) return html`<p class="type">${typeHtml(shown)}</p>`;
  return html`${description === undefined ? null : html`<p>${prose(description)}</p>`}
    <dl class="fields">
      ${Object.entries(properties).map(([name, member]) =>
        fieldHtml(
          { name, required: shown.required?.includes(name) === true, schema: member },
          document,
          depth,
        ),
      )}
    </dl>`;
}

export interface Field {
  readonly name: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly description?: string | undefined;
  /** Where it stands, when that is not said by what is around it. */
  readonly place?: string;
}

export function fieldHtml(field: Field, document: Document, depth = 0): Html {
  const { name, required, schema, place } = field;
  const description = field.description ?? schema.description;
  const inner = innerObject(schema);
  return html`<dt>
      <code>${name}</code>
      ${place === undefined ? null : html`<span class="place">${place}</span>`}
      ${required ? html`<span class="required">required</span>` : null}
    </dt>
    <dd>
      <p class="type">${typeHtml(schema)}</p>
      ${description === undefined ? null : html`<p>${prose(description)}</p>`}
      ${inner === null || depth >= depthMax ? null : objectHtml(inner, document, depth + 1)}
    </dd>`;
}

/** The object whose fields stand inside this one: its own, those of a list's items, or of one of several forms. */
function innerObject(schema: Schema): Schema | null {
  if (schema.properties !== undefined) return withoutDescription(schema);
  if (schema.items?.properties !== undefined) return schema.items;
  return schema.anyOf?.find(({ properties }) => properties !== undefined) ?? null;
}

/** It stands beside the field's name already. */
function withoutDescription({ description: _said, ...rest }: Schema): Schema {
  return rest;
}

function typeHtml(schema: Schema): Html {
  const { $ref, enum: words, anyOf, default: fallback } = schema;
  const kind =
    $ref !== undefined
      ? html`<a href="#schema-${refName($ref)}">${refName($ref)}</a>`
      : words !== undefined
        ? wordsHtml(words)
        : anyOf !== undefined
          ? html`${anyOf.map((form, index) => [index === 0 ? "" : " or ", typeHtml(form)])}`
          : html`${plainType(schema)}`;
  return fallback === undefined ? kind : html`${kind}, <code>${JSON.stringify(fallback)}</code> without it`;
}

function wordsHtml(words: readonly unknown[]): Html {
  return html`${words.map((word, index) => [index === 0 ? "" : " · ", html`<code>${String(word)}</code>`])}`;
}

function plainType(schema: Schema): Html {
  const { type, items, additionalProperties, format } = schema;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (type === "array")
    return html`list of ${items === undefined ? "anything" : typeHtml(items)}${bounds(schema)}`;
  if (type === "object" && typeof additionalProperties === "object")
    return html`object, its values ${typeHtml(additionalProperties)}`;
  if (format === "date-time") return html`instant (RFC 3339)`;
  const [, isOneOfTwo, id] = idPattern.exec(schema.pattern ?? "") ?? [];
  if (id !== undefined) return html`id, <code>${id}_…</code>${isOneOfTwo === undefined ? "" : ", or a UUID"}`;
  const name = type === undefined ? "any JSON" : Array.isArray(type) ? type.join(" or ") : String(type);
  return html`${name}${bounds(schema)}`;
}

/** How an id's pattern begins: `^ep_[`, or `^(?:job_[` for a job's, which may be a UUID. */
const idPattern = /^\^(\(\?:)?([a-z]+)_\[/;

function bounds({ minimum, maximum, minLength, maxLength, pattern, format }: Schema): string {
  const from = minimum ?? minLength;
  const to = maximum ?? maxLength;
  const unit = minLength === undefined && maxLength === undefined ? "" : " characters";
  const range =
    to === undefined
      ? from === undefined || from === 0
        ? ""
        : `, at least ${from}${unit}`
      : `, ${from ?? 0} … ${to}${unit}`;
  return pattern === undefined || format !== undefined ? range : `${range}, ${pattern}`;
}
