// `PATCH /v1/endpoints/{id}`: a JSON merge patch (RFC 7396) over the endpoint as its owner sees it. What is null goes back to
// its default. Beside the endpoint's members it may carry a `reason` for the audit.
import { isId, type Endpoint, type EndpointChange, type EndpointSecret } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { isPair, makeEndpointSecret, shownSecret } from "../intake/endpoint-secret.ts";
import { judgeHeaders, urlRejected } from "../intake/judge-callback.ts";
import { mergePatch } from "../intake/merge-patch.ts";
import { metadataProblem } from "../intake/metadata-problem.ts";
import { parseJsonBytes } from "../intake/parse-json-body.ts";
import { readPatchBytes } from "../intake/read-body.ts";
import { isRefusal, notFound, refusal, type Refusal } from "../problems/refusal.ts";
import { endpointJson } from "../representations/endpoint-json.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { endpointRequestSchema, type EndpointRequest } from "../schemas/endpoint-request.ts";
import { reasonRequestSchema } from "../schemas/reason-request.ts";
import type { RouteDeps } from "./route-deps.ts";
import { actOf, idOf, type Call } from "./route.ts";

/** Two owners may change an endpoint at the same moment; whoever comes second merges into what the first has made of it. */
const triesMax = 5;

type Members = Readonly<Record<string, unknown>>;

export async function changeEndpoint(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const bytes = await readPatchBytes(call.request, deps.settings.bodyBytesMax);
  if (isRefusal(bytes)) return bytes;
  const body = parseJsonBytes(bytes, null);
  if (isRefusal(body)) return body;
  const changing = metadataProblem(body);
  if (changing !== null) return changing;
  const { value: given } = body;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return notAnObject;
  const { reason: asked, ...patch } = given as Members;
  const reason = checkShape(reasonRequestSchema, asked === undefined ? {} : { reason: asked });
  if (isRefusal(reason)) return reason;
  const endpointId = idOf(call);
  const key = { tenantId: call.tenantId, endpointId };
  for (let tries = 0; tries < triesMax; tries += 1) {
    const found = isId("ep", endpointId)
      ? await deps.store.reads.getEndpoint(key.tenantId, endpointId)
      : null;
    if (found === null) return notFound;
    const change = await judgedChange(found, patch, deps);
    if (isRefusal(change)) return change;
    const now = deps.clock.now();
    const secret = newSecret(found, change, deps);
    const changed = await deps.store.support.changeEndpoint(
      key,
      { change, seen: found.updatedAt, secret, now },
      actOf(call, reason.value.reason),
    );
    if (changed === null) return notFound;
    if (changed === "conflict") continue;
    const shown = secret === null ? undefined : shownSecret(secret);
    const noStore = { "cache-control": "no-store" };
    return jsonAnswer(status.ok, endpointJson(changed, now, shown), shown === undefined ? {} : noStore);
  }
  return refusal("endpoint-changing", "Others changed this endpoint at the same time; nothing was done.");
}

const notAnObject: Refusal = refusal("invalid-request", "The body: a merge patch is an object.", {
  errors: [{ path: "", message: "must be an object" }],
});

/** The members that the patch names, with their merged values. */
async function judgedChange(
  found: Endpoint,
  patch: Members,
  deps: RouteDeps,
): Promise<EndpointChange | Refusal> {
  const shape = checkShape(endpointRequestSchema, mergePatch(requestOf(found), patch));
  if (isRefusal(shape)) return shape;
  const { value: merged } = shape;
  const change = changeOf(patch, merged);
  if (change.headers !== undefined) {
    const rules = { path: "/headers", headerProblem: deps.headerProblem };
    const judged = judgeHeaders(change.headers, rules);
    if (isRefusal(judged)) return judged;
    return withUrl({ ...change, headers: judged.headers }, merged.url, deps);
  }
  return withUrl(change, merged.url, deps);
}

/** A new URL is judged as at registration. */
async function withUrl(
  change: EndpointChange,
  url: string,
  deps: RouteDeps,
): Promise<EndpointChange | Refusal> {
  if (change.url === undefined) return change;
  const verdict = await deps.guard.checkUrl(url);
  return verdict.ok ? { ...change, url: verdict.url, host: verdict.host } : urlRejected(verdict, "/url");
}

/** The endpoint as somebody would have asked for it. */
function requestOf(endpoint: Endpoint): Members {
  const { url, events, description, headers, retry, timeoutMs, maxInFlight, ratePerSecond } = endpoint;
  const { ordered, signature, metadata } = endpoint;
  const asked = { url, events, description, headers, retry, timeoutMs, maxInFlight, ratePerSecond };
  const members = { ...asked, ordered, signature, metadata };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

function changeOf(patch: Members, merged: EndpointRequest): EndpointChange {
  const whole: Required<Omit<EndpointChange, "host">> = {
    url: merged.url,
    events: merged.events ?? [],
    description: merged.description ?? null,
    headers: lowerCased(merged.headers ?? {}, patch["headers"]),
    retry: merged.retry ?? null,
    timeoutMs: merged.timeoutMs ?? null,
    maxInFlight: merged.maxInFlight ?? null,
    ratePerSecond: merged.ratePerSecond ?? null,
    ordered: merged.ordered ?? false,
    signature: merged.signature ?? "standard",
    metadata: merged.metadata ?? {},
  };
  return Object.fromEntries(Object.entries(whole).filter(([name]) => Object.hasOwn(patch, name)));
}

/** Headers are kept in lower case, and a patch may name them in any: `X-Team` changes or takes away `x-team`. */
function lowerCased(
  merged: Readonly<Record<string, string>>,
  patched: unknown,
): Readonly<Record<string, string>> {
  const names = typeof patched === "object" && patched !== null ? Object.keys(patched) : [];
  const replaced = new Set(
    names.filter((name) => name !== name.toLowerCase()).map((name) => name.toLowerCase()),
  );
  return Object.fromEntries(Object.entries(merged).filter(([name]) => !replaced.has(name)));
}

/** A shared secret cannot sign as a pair does, nor the other way round; from one to the other there is no overlap. */
function newSecret(found: Endpoint, change: EndpointChange, deps: RouteDeps): EndpointSecret | null {
  const { signature = found.signature } = change;
  return isPair(signature) === isPair(found.signature) ? null : makeEndpointSecret(signature, deps.random);
}
