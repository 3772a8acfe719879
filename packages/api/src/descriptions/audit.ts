// What the document says of the audit.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { auditEntryShape } from "../shapes/audit-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

export function listAuditOperation({ audit }: ListQueries): Operation {
  return {
    id: "listAudit",
    tag: "Audit",
    summary: "Read who did what",
    description:
      "The newest first: what was done to endpoints, deliveries, secrets, keys and tenants. It can only be read.",
    query: audit,
    answers: [jsonForm(status.ok, "A page of entries.", pageShape(auditEntryShape), { sometimes: ["link"] })],
    refusals: ["cursor-invalid", "not-found"],
    examples: [
      {
        name: "pauses",
        summary: "Who has paused an endpoint, and why",
        query: { action: "endpoint.paused", subject: exampleIds.endpoint },
      },
    ],
  };
}
