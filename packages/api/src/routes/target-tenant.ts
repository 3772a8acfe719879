// Which tenant a call is about: its own, or, for the operator, the one it names. A tenant that one may not ask for and one that
// does not exist are the same.
import type { RouteDeps } from "./route-deps.ts";
import type { Call } from "./route.ts";

/** Null when the call may not be about `asked`, or there is no such tenant. */
export async function targetTenant(
  call: Call,
  asked: string | undefined,
  { store }: RouteDeps,
): Promise<string | null> {
  if (asked === undefined || asked === call.tenantId) return call.tenantId;
  if (!call.isOperator) return null;
  return (await store.tenants.getTenant(asked))?.id ?? null;
}
