// Puts the routes into the app: request ids, keys and scopes, refusals and faults, 404 and 405 are the same for all of them.
// Every route is one handler, because Hono answers those without building a chain.
import type { Context, Hono, HonoRequest } from "hono";
import type { Log, Random, Scope } from "@ringback/core";
import { noContent, type Answer } from "../answers/answer.ts";
import { requestIdOf } from "../answers/request-id.ts";
import { hasScope, type Authenticator } from "../auth/authenticator.ts";
import type { Counters } from "../intake/counters.ts";
import { refusalOfThrow } from "../problems/refusal-of-throw.ts";
import { isRefusal, notFound, problemAnswer, refusal, type Refusal } from "../problems/refusal.ts";
import { unreadParameters } from "../schemas/unread-parameters.ts";
import { createPathTable } from "./path-table.ts";
import type { KeyRoute, OpenCall, Route } from "./route.ts";

export interface MountDeps {
  readonly authenticator: Authenticator;
  readonly random: Random;
  readonly log: Log;
  readonly counters: Counters;
}

type Settle = (call: OpenCall) => Promise<Answer | Refusal>;

export function mountRoutes(app: Hono, deps: MountDeps, routes: readonly Route[]): void {
  const answering = (settle: Settle) => (context: Context) => respond(context, deps, settle);
  for (const route of routes) {
    const settle: Settle =
      route.access === "open"
        ? async (call) => route.answer(call)
        : (call) => settleForKey(call, deps.authenticator, route);
    app.on(route.method, route.path, answering(settle));
  }
  const table = createPathTable(routes);
  app.notFound(
    answering((call) => settleUnrouted(call, deps.authenticator, table.methodsAt(call.request.path))),
  );
  app.onError((thrown, context) => respond(context, deps, () => Promise.reject(thrown)));
}

async function respond(context: Context, deps: MountDeps, settle: Settle): Promise<Response> {
  const request = context.req as HonoRequest;
  const requestId = requestIdOf(request.header("x-request-id"), deps.random);
  let outcome: Answer | Refusal;
  try {
    outcome = await settle({ request, requestId });
  } catch (thrown) {
    outcome = refusalOfThrow(thrown, deps.log, requestId);
  }
  if (isRefusal(outcome) && outcome.refused === "body-incomplete") deps.counters.intakeAborted += 1;
  const { status, headers, body } = isRefusal(outcome) ? problemAnswer(outcome, requestId) : outcome;
  headers["x-request-id"] = requestId;
  headers["x-content-type-options"] = "nosniff";
  return new Response(body as ConstructorParameters<typeof Response>[0], { status, headers });
}

async function settleForKey(
  call: OpenCall,
  authenticator: Authenticator,
  route: KeyRoute,
): Promise<Answer | Refusal> {
  const authorization = call.request.header("authorization");
  const unread = (): Refusal | null => unreadParameters(call.request, route.operation);
  if (route.byToken !== undefined && authorization === undefined) {
    const bearer = route.byToken(call);
    if (bearer !== null) {
      return isRefusal(bearer) ? bearer : (unread() ?? route.answer({ ...call, tenantId: bearer.tenantId }));
    }
  }
  const identity = await authenticator.identify(authorization, call.request.url);
  if (isRefusal(identity)) return identity;
  if (!hasScope(identity, route.access)) return scopeMissing(route.access);
  const { request, requestId } = call;
  return unread() ?? route.answer({ request, requestId, tenantId: identity.tenantId });
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
  call: OpenCall,
  authenticator: Authenticator,
  methods: readonly string[],
): Promise<Answer | Refusal> {
  const { request } = call;
  if (request.path === "/v1" || request.path.startsWith("/v1/")) {
    const identity = await authenticator.identify(request.header("authorization"), request.url);
    if (isRefusal(identity)) return identity;
  }
  if (methods.length === 0) return notFound;
  const allow = [...methods, "OPTIONS"].join(", ");
  if (request.method === "OPTIONS") return noContent({ allow });
  return refusal("method-not-allowed", `This path has the methods ${allow}.`, { headers: { allow } });
}
