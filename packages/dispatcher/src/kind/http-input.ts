// The input of the `http` kind: a Standard Schema written by hand, because its URL is judged by the address guard.
import type { AddressGuard, SchemaIssue, SchemaResult, StandardSchema } from "@ringback/core";
import { requestHeaderProblem } from "../lane/custom-header.ts";

/** A call to make, checked and completed. */
export interface HttpInput {
  /** Canonical. */
  readonly url: string;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** What goes over the wire; null without a body. */
  readonly body: string | null;
  /** For the whole call; null leaves it to the run's own limit. */
  readonly timeoutMs: number | null;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const members = ["url", "method", "headers", "body", "timeoutMs"];
const headersMax = 50;
const timeoutMaxMs = 24 * 3_600_000;

export function httpInputSchema(guard: AddressGuard): StandardSchema<unknown, HttpInput> {
  return { "~standard": { version: 1, vendor: "ringback", validate: (value) => validate(value, guard) } };
}

async function validate(value: unknown, guard: AddressGuard): Promise<SchemaResult<HttpInput>> {
  if (!isRecord(value)) return { issues: [issue([], "must be an object with a url")] };
  const issues: SchemaIssue[] = Object.keys(value)
    .filter((name) => !members.includes(name))
    .map((name) => issue([name], `is unknown; the members are ${members.join(", ")}`));
  const body = value["body"] ?? null;
  const method = readMethod(value["method"], body !== null, issues);
  const headers = readHeaders(value["headers"], issues);
  const timeoutMs = readTimeout(value["timeoutMs"], issues);
  const url = await readUrl(value["url"], guard, issues);
  if (body !== null && (method === "GET" || method === "HEAD")) {
    issues.push(issue(["body"], `cannot be sent with ${method}`));
  }
  if (issues.length > 0) return { issues };
  return { value: { url, method, timeoutMs, ...withBody(headers, body) } };
}

function readMethod(method: unknown, hasBody: boolean, issues: SchemaIssue[]): string {
  if (method === undefined) return hasBody ? "POST" : "GET";
  if (typeof method === "string" && methods.includes(method)) return method;
  issues.push(issue(["method"], `must be one of ${methods.join(", ")}`));
  return "GET";
}

function readHeaders(headers: unknown, issues: SchemaIssue[]): Record<string, string> {
  const read: Record<string, string> = {};
  if (headers === undefined) return read;
  if (!isRecord(headers)) {
    issues.push(issue(["headers"], "must be an object of strings"));
    return read;
  }
  const entries = Object.entries(headers);
  if (entries.length > headersMax) issues.push(issue(["headers"], `must have at most ${headersMax} members`));
  for (const [name, value] of entries) {
    const problem = typeof value === "string" ? requestHeaderProblem(name, value) : "must be a string";
    if (problem !== null) issues.push(issue(["headers", name], problem));
    else if (Object.hasOwn(read, name.toLowerCase())) issues.push(issue(["headers", name], "is given twice"));
    else read[name.toLowerCase()] = String(value);
  }
  return read;
}

function readTimeout(timeoutMs: unknown, issues: SchemaIssue[]): number | null {
  if (timeoutMs === undefined) return null;
  const isWithin = Number.isInteger(timeoutMs) && Number(timeoutMs) >= 1 && Number(timeoutMs) <= timeoutMaxMs;
  if (isWithin) return Number(timeoutMs);
  issues.push(issue(["timeoutMs"], `must be a whole number from 1 to ${timeoutMaxMs}`));
  return null;
}

async function readUrl(url: unknown, guard: AddressGuard, issues: SchemaIssue[]): Promise<string> {
  if (typeof url !== "string") {
    issues.push(issue(["url"], "must be a string"));
    return "";
  }
  const verdict = await guard.checkUrl(url);
  if (verdict.ok) return verdict.url;
  issues.push(issue(["url"], `${verdict.detail} (rule ${verdict.rule})`));
  return "";
}

/** Text goes out as it is; every other JSON value goes out as JSON. */
function withBody(headers: Record<string, string>, body: unknown): Pick<HttpInput, "headers" | "body"> {
  if (body === null || typeof body === "string") return { headers, body };
  return { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function issue(path: readonly string[], message: string): SchemaIssue {
  return { path, message };
}
