// Puts the routes into the app: request ids, keys and scopes, refusals and faults, 404 and 405 are the same for all of them.
// Every route is one handler, because Hono answers those without building a chain.
import type { Context, Hono, HonoRequest } from "hono";
import type { Log, Random, Scope } from "@ringback/core";
import type { RateLimit } from "../admission/rate-limit.ts";
import type { ApiSettings } from "../api-deps.ts";
import { noContent, type Answer } from "../answers/answer.ts";
import { requestIdOf } from "../answers/request-id.ts";
import { hasScope, type Authenticator, type Identity } from "../auth/authenticator.ts";
import type { Counters } from "../intake/counters.ts";
import { refusalOfThrow } from "../problems/refusal-of-throw.ts";
import { isRefusal, notFound, problemAnswer, refusal, type Refusal } from "../problems/refusal.ts";
import { unreadParameters } from "../schemas/unread-parameters.ts";
import { createPathTable } from "./path-table.ts";
import type { KeyRoute, OpenCall, Route } from "./route.ts";

export interface MountDeps {
  readonly authenticator: Authenticator;
  readonly rateLimit: RateLimit;
  readonly settings: Pick<ApiSettings, "operatorTenantId" | "requestsPerMinute">;
  readonly peerAddress: (env: unknown) => string | null;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
}

/** A request on its way to its answer. */
interface Asked extends OpenCall {
  readonly peer: string | null;
  /** What every answer to it carries, also one to a fault. */
  readonly headers: Record<string, string>;
}

type Settle = (asked: Asked) => Promise<Answer | Refusal>;

export function mountRoutes(app: Hono, deps: MountDeps, routes: readonly Route[]): void {
  const answering = (settle: Settle) => (context: Context) => respond(context, deps, settle);
  for (const route of routes) {
    const settle: Settle =
      route.access === "open"
        ? async (call) => route.answer(call)
        : (asked) => settleForKey(asked, deps, route);
    app.on(route.method, route.path, answering(settle));
  }
  const table = createPathTable(routes);
  app.notFound(answering((asked) => settleUnrouted(asked, deps, table.methodsAt(asked.request.path))));
  app.onError((thrown, context) => respond(context, deps, () => Promise.reject(thrown)));
}

async function respond(context: Context, deps: MountDeps, settle: Settle): Promise<Response> {
  const request = context.req as HonoRequest;
  const requestId = requestIdOf(request.header("x-request-id"), deps.random);
  const common: Record<string, string> = {};
  let outcome: Answer | Refusal;
  try {
    outcome = await settle({ request, requestId, peer: deps.peerAddress(context.env), headers: common });
  } catch (thrown) {
    outcome = refusalOfThrow(thrown, deps.log, requestId);
  }
  if (isRefusal(outcome) && outcome.refused === "body-incomplete") deps.counters.intakeAborted += 1;
  const { status, headers, body } = isRefusal(outcome) ? problemAnswer(outcome, requestId) : outcome;
  Object.assign(headers, common, { "x-request-id": requestId, "x-content-type-options": "nosniff" });
  return new Response(body as ConstructorParameters<typeof Response>[0], { status, headers });
}

async function settleForKey(asked: Asked, deps: MountDeps, route: KeyRoute): Promise<Answer | Refusal> {
  const { request, requestId } = asked;
  const unread = (): Refusal | null => unreadParameters(request, route.operation);
  if (route.byToken !== undefined && request.header("authorization") === undefined) {
    const bearer = route.byToken({ request, requestId });
    if (bearer !== null) {
      if (isRefusal(bearer)) return bearer;
      const { tenantId } = bearer;
      return unread() ?? route.answer({ request, requestId, tenantId, by: null, isOperator: false });
    }
  }
  const identity = await admit(asked, deps);
  if (isRefusal(identity)) return identity;
  if (!hasScope(identity, route.access)) return scopeMissing(route.access);
  const { tenantId, keyId } = identity;
  const isOperator = tenantId === deps.settings.operatorTenantId && hasScope(identity, "admin");
  return unread() ?? route.answer({ request, requestId, tenantId, by: { tenantId, keyId }, isOperator });
}

/** Who is calling, unless nobody is known by that key or the key has used up its requests. */
async function admit(asked: Asked, deps: MountDeps): Promise<Identity | Refusal> {
  const { request, peer, headers } = asked;
  const identity = await deps.authenticator.identify(request.header("authorization"), request.url, peer);
  if (isRefusal(identity)) return identity;
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
async function settleUnrouted(
  asked: Asked,
  deps: MountDeps,
  methods: readonly string[],
): Promise<Answer | Refusal> {
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
