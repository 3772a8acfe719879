// The input of the `http` kind: a Standard Schema written by hand. It judges form alone, since it is asked again before
// every run; where the URL leads is asked once at intake (`admitHttpInput`) and decided anew at every connect.
import type { AddressGuard, SchemaIssue, SchemaResult, StandardSchema } from "@ringback/core";
import type { GuardedConnections } from "../address/guard.ts";
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
  /** Whether an answer of 202 begins the wait for the upstream's own end of the job, or is a result like any other. */
  readonly accepted: "wait" | "result";
  /** For the whole call; null leaves it to the run's own limit. */
  readonly timeoutMs: number | null;
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const members = ["url", "method", "headers", "body", "timeoutMs", "accepted"];
const headersMax = 50;
const timeoutMaxMs = 24 * 3_600_000;

type Forms = Pick<GuardedConnections, "formOf">;

export function httpInputSchema(forms: Forms): StandardSchema<unknown, HttpInput> {
  return { "~standard": { version: 1, vendor: "ringback", validate: (value) => validate(value, forms) } };
}

/** Why the input's address may not be called now; empty when it may. A name that does not resolve is let through. */
export async function admitHttpInput(input: HttpInput, guard: AddressGuard): Promise<SchemaIssue[]> {
  const verdict = await guard.checkUrl(input.url);
  return verdict.ok ? [] : [refusedUrl(verdict)];
}

function validate(value: unknown, forms: Forms): SchemaResult<HttpInput> {
  if (!isRecord(value)) return { issues: [issue([], "must be an object with a url")] };
  const issues: SchemaIssue[] = Object.keys(value)
    .filter((name) => !members.includes(name))
    .map((name) => issue([name], `is unknown; the members are ${members.join(", ")}`));
  const body = value["body"] ?? null;
  const method = readMethod(value["method"], body !== null, issues);
  const headers = readHeaders(value["headers"], issues);
  const timeoutMs = readTimeout(value["timeoutMs"], issues);
  const accepted = value["accepted"] ?? "wait";
  if (accepted !== "wait" && accepted !== "result")
    issues.push(issue(["accepted"], 'must be "wait" or "result"'));
  const url = readUrl(value["url"], forms, issues);
  if (body !== null && (method === "GET" || method === "HEAD")) {
    issues.push(issue(["body"], `cannot be sent with ${method}`));
  }
  findChanged(body, ["body"], issues);
  if (issues.length > 0) return { issues };
  const on202 = accepted === "result" ? "result" : "wait";
  return { value: { url, method, timeoutMs, accepted: on202, ...withBody(headers, body) } };
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

function readUrl(url: unknown, forms: Forms, issues: SchemaIssue[]): string {
  if (typeof url !== "string") {
    issues.push(issue(["url"], "must be a string"));
    return "";
  }
  const form = forms.formOf(url);
  if (form.ok) return form.receiver.url;
  issues.push(refusedUrl(form.refusal));
  return "";
}

function refusedUrl({ rule, detail }: { readonly rule: string; readonly detail: string }): SchemaIssue {
  return issue(["url"], `${detail} (rule ${rule})`);
}

/**
 * Numbers that JSON.parse has rounded already would reach the upstream as others than were asked for, without anybody
 * noticing: integers beyond 2^53 − 1, and what has become infinite. The API bounds how deep an input is nested.
 */
function findChanged(value: unknown, path: readonly string[], issues: SchemaIssue[]): void {
  if (typeof value === "number") {
    const isKept = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
    const advice =
      "is a number too large to be kept exactly; send the body as text, which goes out byte for byte";
    if (!isKept) issues.push(issue(path, advice));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) findChanged(member, [...path, name], issues);
  }
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
