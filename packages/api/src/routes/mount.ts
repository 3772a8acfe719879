// Puts the routes into the app: request ids, keys and scopes, refusals and faults, 404 and 405 are the same for all of them.
// Every route is one handler, because Hono answers those without building a chain.
import type { Context, Hono, HonoRequest } from "hono";
import type { Log, Random, Scope, SubmissionSpan, Traces } from "@ringback/core";
import type { RateLimit } from "../admission/rate-limit.ts";
import type { ApiSettings } from "../api-deps.ts";
import { noContent, type Answer } from "../answers/answer.ts";
import { requestIdOf } from "../answers/request-id.ts";
import { hasScope, type Authenticator, type Identity } from "../auth/authenticator.ts";
import type { Counters } from "../intake/counters.ts";
import { readTraceparent } from "../intake/traceparent.ts";
import { refusalOfThrow } from "../problems/refusal-of-throw.ts";
import { isRefusal, notFound, problemAnswer, refusal, type Refusal } from "../problems/refusal.ts";
import { unreadParameters } from "../schemas/unread-parameters.ts";
import { addOwnHeaders } from "./own-headers.ts";
import { createPathTable } from "./path-table.ts";
import type { KeyRoute, OpenCall, Route } from "./route.ts";

export interface MountDeps {
  readonly authenticator: Authenticator;
  readonly rateLimit: RateLimit;
  readonly settings: Pick<ApiSettings, "operatorTenantId" | "requestsPerMinute">;
  readonly peerAddress: (env: unknown) => string | null;
  readonly random: Random;
  readonly log: Log;
  readonly traces: Traces;
  readonly counters: Counters;
}

/** A request on its way to its answer. */
interface Asked extends OpenCall {
  readonly peer: string | null;
  /** What every answer to it carries, also one to a fault. */
  readonly headers: Record<string, string>;
  /** Begun once it is known who asks, so that nobody without a key is heard of in a trace. */
  submission: SubmissionSpan | null;
}

type Outcome = Answer | Refusal;
/** A promise only where something has to be waited for: what can be answered in the same turn is, at half the cost. */
type Settle = (asked: Asked) => Outcome | Promise<Outcome>;

export function mountRoutes(app: Hono, deps: MountDeps, routes: readonly Route[]): void {
  const answering = (settle: Settle) => (context: Context) => respond(context, deps, settle);
  for (const route of routes) {
    const settle: Settle =
      route.access === "open" ? (call) => route.answer(call) : (asked) => settleForKey(asked, deps, route);
    app.on(route.method, route.path, answering(settle));
  }
  const table = createPathTable(routes);
  app.notFound(answering((asked) => settleUnrouted(asked, deps, table.methodsAt(asked.request.path))));
  app.onError((thrown, context) => respond(context, deps, () => Promise.reject(thrown)));
}

function respond(context: Context, deps: MountDeps, settle: Settle): Response | Promise<Response> {
  const request = context.req as HonoRequest;
  const requestId = requestIdOf(request.header("x-request-id"), deps.random);
  const headers: Record<string, string> = {};
  const peer = deps.peerAddress(context.env);
  const asked: Asked = { request, requestId, peer, headers, submission: null };
  const answer = (outcome: Outcome): Response => {
    if (isRefusal(outcome) && outcome.refused === "body-incomplete") deps.counters.intakeAborted += 1;
    const { status, headers: own, body } = isRefusal(outcome) ? problemAnswer(outcome, requestId) : outcome;
    asked.submission?.end(status, isRefusal(outcome) ? outcome.refused : null);
    Object.assign(own, headers);
    addOwnHeaders(own, requestId);
    return new Response(body as ConstructorParameters<typeof Response>[0], { status, headers: own });
  };
  const refuse = (thrown: unknown): Response => answer(refusalOfThrow(thrown, deps.log, requestId));
  try {
    const outcome = settle(asked);
    return outcome instanceof Promise ? outcome.then(answer, refuse) : answer(outcome);
  } catch (thrown) {
    return refuse(thrown);
  }
}

function settleForKey(asked: Asked, deps: MountDeps, route: KeyRoute): Outcome | Promise<Outcome> {
  const { request, requestId } = asked;
  if (route.byToken !== undefined && request.header("authorization") === undefined) {
    const bearer = route.byToken(asked);
    if (bearer !== null) {
      if (isRefusal(bearer)) return bearer;
      const { tenantId } = bearer;
      const unread = unreadParameters(request, route.operation);
      return (
        unread ??
        route.answer({ request, requestId, submission: null, tenantId, by: null, isOperator: false })
      );
    }
  }
  const known = deps.authenticator.known(request.header("authorization"), request.url);
  if (known !== null) return answerFor(counted(known, asked, deps), asked, deps, route);
  return admit(asked, deps).then((identity) => answerFor(identity, asked, deps, route));
}

/** What the route answers to whom it is open to. */
function answerFor(
  identity: Identity | Refusal,
  asked: Asked,
  { settings, traces }: MountDeps,
  route: KeyRoute,
): Outcome | Promise<Outcome> {
  if (isRefusal(identity)) return identity;
  if (!hasScope(identity, route.access)) return scopeMissing(route.access);
  const { request, requestId } = asked;
  const { tenantId, keyId } = identity;
  const isOperator = tenantId === settings.operatorTenantId && hasScope(identity, "admin");
  const unread = unreadParameters(request, route.operation);
  if (unread !== null) return unread;
  if (route.submits === true)
    asked.submission = traces.submission(route, readTraceparent(request.header("traceparent")));
  const { submission } = asked;
  return route.answer({ request, requestId, submission, tenantId, by: { tenantId, keyId }, isOperator });
}

/** Who is calling, unless nobody is known by that key or the key has used up its requests. */
async function admit(asked: Asked, deps: MountDeps): Promise<Identity | Refusal> {
  const { request, peer } = asked;
  const identity = await deps.authenticator.identify(request.header("authorization"), request.url, peer);
  return isRefusal(identity) ? identity : counted(identity, asked, deps);
}

/** Counts the request against the key's rate. */
function counted(identity: Identity, { headers }: Asked, deps: MountDeps): Identity | Refusal {
  const perMinute = identity.requestsPerMinute ?? deps.settings.requestsPerMinute;
  return deps.rateLimit.count(identity.keyId, perMinute, headers) ?? identity;
}

function scopeMissing(scope: Scope): Refusal {
  return refusal(
    "scope-missing",
    `This needs a key with the scope "${scope}" (or "admin"); the key has neither.`,
  );
}

/**
 * What no route took. Under /v1 even that is told only to the bearer of a key; nothing is guarded by this path, since
 * nothing lies behind it.
 */
async function settleUnrouted(asked: Asked, deps: MountDeps, methods: readonly string[]): Promise<Outcome> {
  const { request } = asked;
  if (request.path === "/v1" || request.path.startsWith("/v1/")) {
    const identity = await admit(asked, deps);
    if (isRefusal(identity)) return identity;
  }
  if (methods.length === 0) return notFound;
  const allow = [...methods, "OPTIONS"].join(", ");
  if (request.method === "OPTIONS") return noContent({ allow });
  return refusal("method-not-allowed", `This path has the methods ${allow}.`, { headers: { allow } });
}
