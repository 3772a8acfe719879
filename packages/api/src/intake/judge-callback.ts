// From a callback as it was asked for to one that can be kept: its URL judged, its headers checked, its defaults filled in.
import { isId, terminalEvents, type AddressGuard, type Callback, type UrlVerdict } from "@ringback/core";
import { isRefusal, refusal, type FieldProblem, type Refusal } from "../problems/refusal.ts";
import type { CallbackRequest } from "../schemas/job-request.ts";

export interface JudgeDeps {
  readonly guard: AddressGuard;
  readonly headerProblem: (name: string, value: string) => string | null;
}

export interface JudgedCallback {
  readonly callback: Callback;
  /** Where an inline callback's deliveries queue up; null when it names an endpoint. */
  readonly receiver: { readonly origin: string; readonly host: string } | null;
}

export async function judgeCallback(
  asked: CallbackRequest,
  deps: JudgeDeps,
): Promise<JudgedCallback | Refusal> {
  const events = asked.events ?? terminalEvents;
  if (asked.url === undefined) {
    const endpointId = asked.endpointId ?? "";
    // A text that is no id cannot name an endpoint; it answers as an unknown one does.
    return isId("ep", endpointId) ? { callback: { endpointId, events }, receiver: null } : endpointUnknown;
  }
  const headers = judgeHeaders(asked.headers ?? {}, {
    path: "/callback/headers",
    headerProblem: deps.headerProblem,
  });
  if (isRefusal(headers)) return headers;
  const verdict = await deps.guard.checkUrl(asked.url);
  if (!verdict.ok) return urlRejected(verdict, "/callback/url");
  const { url, origin, host } = verdict;
  const callback = { url, events, headers: headers.headers, secret: asked.secret ?? null };
  return { callback, receiver: { origin, host } };
}

export const endpointUnknown: Refusal = refusal(
  "callback-endpoint-unknown",
  "callback.endpointId names no endpoint of this tenant.",
  { errors: [{ path: "/callback/endpointId", message: "there is no such endpoint" }] },
);

export function urlRejected({ rule, detail }: Extract<UrlVerdict, { ok: false }>, path: string): Refusal {
  return refusal("callback-url-rejected", `${rule}: ${detail}`, {
    errors: [{ path, message: `refused by the rule ${rule}` }],
  });
}

export interface HeaderRules {
  /** Where the headers stand in the body. */
  readonly path: string;
  readonly headerProblem: JudgeDeps["headerProblem"];
}

/** Names in lower case; what cannot be sent, and two names that differ in case only, are refused. */
export function judgeHeaders(
  given: Readonly<Record<string, string>>,
  { path, headerProblem }: HeaderRules,
): { readonly headers: Readonly<Record<string, string>> } | Refusal {
  const headers = new Map<string, string>();
  const errors: FieldProblem[] = [];
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    const message = headers.has(lower) ? "stands more than once" : headerProblem(lower, value);
    if (message !== null) errors.push({ path: `${path}/${name.slice(0, 100)}`, message });
    headers.set(lower, value);
  }
  const [first] = errors;
  if (first === undefined) return { headers: Object.fromEntries(headers) };
  return refusal("invalid-request", `${first.path}: ${first.message}`, { errors });
}
