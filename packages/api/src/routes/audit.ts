// `/v1/audit`: who did what to this tenant's things, when and why. It can only be read.
import type { AuditFilter } from "@ringback/core";
import type { Answer } from "../answers/answer.ts";
import { listAuditOperation } from "../descriptions/audit.ts";
import { isRefusal, notFound, type Refusal } from "../problems/refusal.ts";
import { auditJson } from "../representations/audit-json.ts";
import { pageAnswer } from "../representations/page-json.ts";
import { readQuery } from "../schemas/read-query.ts";
import { withoutUndefined } from "../schemas/without-undefined.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { Call, KeyRoute } from "./route.ts";
import { targetTenant } from "./target-tenant.ts";

export function auditRoutes(deps: RouteDeps): readonly KeyRoute[] {
  const operation = listAuditOperation(deps.queries);
  return [
    {
      method: "GET",
      path: "/v1/audit",
      access: "support",
      operation,
      answer: (call) => listAudit(call, deps),
    },
  ];
}

async function listAudit(call: Call, deps: RouteDeps): Promise<Answer | Refusal> {
  const query = readQuery(call.request, deps.queries.audit);
  if (isRefusal(query)) return query;
  const { cursor, limit, tenantId: asked, after: from, before: until, ...fields } = query.value;
  const tenantId = await targetTenant(call, asked, deps);
  if (tenantId === null) return notFound;
  const after = cursor === undefined ? null : deps.cursors.openPosition("audit", tenantId, cursor);
  if (after !== null && isRefusal(after)) return after;
  const filter: AuditFilter = withoutUndefined({ ...fields, from, until });
  const { items, next } = await deps.store.tenants.listAudit(tenantId, filter, { after, limit });
  return pageAnswer(
    call.request,
    items.map(auditJson),
    next === null ? null : deps.cursors.sealPosition("audit", tenantId, next),
  );
}
