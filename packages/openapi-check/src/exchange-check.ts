// Decides whether one request and its answer are what the document says: status, headers, media type and body, and that
// nothing was accepted which the document does not offer.
import { createSchemaCheck, type SchemaCheck } from "./schema-check.ts";
import { placeOf, pointerOf, type OpenApi, type Place, type ResponseObject } from "./open-api.ts";

export interface Exchange {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The request's body when it was JSON; null otherwise. */
  readonly requestBody: string | null;
  readonly status: number;
  readonly headers: Headers;
  /** Null for a stream that was not read. */
  readonly body: string | null;
}

export interface SentWebhook {
  readonly type: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface ExchangeCheck {
  /** One sentence per problem; none when the exchange is as the document says. */
  problemsOf(exchange: Exchange): readonly string[];
  /** The same for a request that the document's API sends. */
  problemsOfWebhook(webhook: SentWebhook): readonly string[];
}

/** Throws when a schema of the document is not JSON Schema 2020-12, at the first exchange that needs it. */
export function createExchangeCheck(document: OpenApi): ExchangeCheck {
  const schemas = createSchemaCheck(document);
  return {
    problemsOf(exchange) {
      const { pathname, searchParams } = new URL(`http://host${exchange.path}`);
      const place = placeOf(document, exchange.method, pathname);
      const problems =
        place === null
          ? unroutedProblems(exchange, schemas)
          : [
              ...answerProblems(exchange, place, schemas),
              ...(exchange.status < 300 ? acceptedProblems(exchange, place, { schemas, searchParams }) : []),
            ];
      return problems.map((problem) => `${exchange.method} ${exchange.path} ${exchange.status}: ${problem}`);
    },
    problemsOfWebhook: (webhook) => webhookProblems(webhook, document, schemas),
  };
}

/** Sent by every HTTP server, or speaking to browsers and proxies only. */
const everyday: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "date",
  "keep-alive",
  "referrer-policy",
  "transfer-encoding",
  "x-accel-buffering",
  "x-content-type-options",
]);

function answerProblems(exchange: Exchange, place: Place, schemas: SchemaCheck): string[] {
  const { status, headers } = exchange;
  const response = place.operation.responses[String(status)];
  if (response === undefined) return ["the status is not documented"];
  const documented = response.headers ?? {};
  const problems = [...headers.keys()]
    .filter((name) => !everyday.has(name) && documented[name] === undefined)
    .map((name) => `the header ${name} is not documented`);
  for (const [name, { required }] of Object.entries(documented)) {
    if (required === true && !headers.has(name)) problems.push(`the header ${name} is missing`);
  }
  const pointer = place.pointer + pointerOf(["responses", String(status)]);
  return [...problems, ...bodyProblems(exchange, { response, pointer, schemas })];
}

interface Answering {
  readonly response: ResponseObject;
  readonly pointer: string;
  readonly schemas: SchemaCheck;
}

function bodyProblems(
  { method, headers, body }: Exchange,
  { response, pointer, schemas }: Answering,
): string[] {
  if (method === "HEAD") return (body ?? "") === "" ? [] : ["HEAD was answered with a body"];
  const { content } = response;
  if (content === undefined) return (body ?? "") === "" ? [] : ["there is a body, and none is documented"];
  const type = mediaType(headers);
  const documented = type in content ? type : "*/*";
  if (!(documented in content)) return [`the media type ${type} is not documented`];
  if (body === null) return [];
  const value = valueOf(type, body);
  if (value === undefined) return ["the body is not the JSON that it says it is"];
  return schemas.problems(pointer + pointerOf(["content", documented, "schema"]), value.value);
}

/** What is no route may only be told as a problem, or as the methods that the path has. */
function unroutedProblems({ method, status, headers, body }: Exchange, schemas: SchemaCheck): string[] {
  if (method === "OPTIONS" && status === 204) return headers.has("allow") ? [] : ["Allow is missing"];
  if (status < 400) return ["the document has no such operation"];
  if (mediaType(headers) !== "application/problem+json") return ["it is no problem document"];
  if (method === "HEAD" || body === null) return [];
  const value = valueOf("application/problem+json", body);
  if (value === undefined) return ["the body is not JSON"];
  return schemas.problems("/components/schemas/Problem", value.value);
}

interface Accepting {
  readonly schemas: SchemaCheck;
  readonly searchParams: URLSearchParams;
}

/** What was accepted must be offered: otherwise clients of the document cannot say what the server takes. */
function acceptedProblems(
  { requestBody, body }: Exchange,
  { operation, pointer }: Place,
  { schemas, searchParams }: Accepting,
): string[] {
  const problems: string[] = [];
  for (const name of new Set(searchParams.keys())) {
    if (!isOffered(name, operation.parameters ?? []))
      problems.push(`the parameter ${name} was accepted and is not documented`);
  }
  if (operation.requestBody === undefined || requestBody === null || requestBody === "") return problems;
  const schema = pointer + pointerOf(["requestBody", "content", "application/json", "schema"]);
  const refused = refusedPlaces(body);
  const found = schemas
    .problems(schema, JSON.parse(requestBody))
    .filter((problem) => !refused.some((place) => isUnder(place, problem)));
  return [...problems, ...found.map((problem) => `accepted, and by the document: ${problem}`)];
}

interface Entry {
  readonly index?: number;
  readonly problem?: object;
}

/** Pointers into the request, to what the answer refuses one by one, as a batch's does: that was not accepted. */
function refusedPlaces(answer: string | null): readonly string[] {
  const answered = valueOf("application/json", answer ?? "")?.value ?? {};
  return Object.entries(answered).flatMap(([name, list]: [string, unknown]) =>
    Array.isArray(list)
      ? (list as readonly Entry[])
          .filter((entry) => entry?.problem !== undefined)
          .map(({ index }) => pointerOf([name, String(index)]))
      : [],
  );
}

/** A problem begins with the pointer of its place. */
function isUnder(place: string, problem: string): boolean {
  return problem.startsWith(`${place}/`) || problem.startsWith(`${place} `);
}

function isOffered(name: string, parameters: NonNullable<Place["operation"]["parameters"]>): boolean {
  return parameters.some((parameter) => {
    if (parameter.in !== "query") return false;
    const pattern = parameter.schema.propertyNames?.pattern;
    return parameter.explode === true && pattern !== undefined
      ? new RegExp(pattern, "u").test(name)
      : parameter.name === name;
  });
}

function webhookProblems(
  { type, headers, body }: SentWebhook,
  { webhooks = {} }: OpenApi,
  schemas: SchemaCheck,
): readonly string[] {
  const operation = webhooks[type]?.post;
  if (operation === undefined) return [`the document has no webhook ${type}`];
  const missing = (operation.parameters ?? [])
    .filter(
      (parameter) => parameter.in === "header" && parameter.required === true && !headers.has(parameter.name),
    )
    .map(({ name }) => `webhook ${type}: the header ${name} is missing`);
  const schema = pointerOf([
    "webhooks",
    type,
    "post",
    "requestBody",
    "content",
    "application/json",
    "schema",
  ]);
  return [
    ...missing,
    ...schemas.problems(schema, JSON.parse(body)).map((problem) => `webhook ${type}: ${problem}`),
  ];
}

function mediaType(headers: Headers): string {
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase();
}

/** JSON parsed, other text as it is; undefined when JSON is none. */
function valueOf(type: string, body: string): { readonly value: unknown } | undefined {
  if (type !== "application/json" && !type.endsWith("+json")) return { value: body };
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined;
  }
}
