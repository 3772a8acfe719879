// What the document says of tenants.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { tenantChangeSchema, tenantRequestSchema } from "../schemas/tenant-request.ts";
import { pageShape } from "../shapes/page-shape.ts";
import { newTenantShape, tenantShape } from "../shapes/tenant-shape.ts";

const tag = "Tenants";
const path = { id: "The tenant's id." };
const example = { path: { id: exampleIds.tenant } };

export const tenantOperations = {
  create: {
    id: "createTenant",
    tag,
    summary: "Make a tenant",
    description: "For the operator. The tenant has no key yet: make one with `POST /v1/keys`.",
    body: { schema: tenantRequestSchema },
    answers: [
      jsonForm(status.created, "The tenant, with the secret that signs its callbacks.", newTenantShape, {
        always: ["location", "cache-control"],
      }),
    ],
    refusals: ["operator-only", "tenant-exists"],
    examples: [
      {
        name: "limited",
        summary: "With a limit of its own",
        body: { id: "globex", name: "Globex", limits: { unfinishedMax: 500 } },
      },
      { name: "taken", summary: "An id that is taken", body: { id: exampleIds.tenant } },
    ],
  },
  get: {
    id: "getTenant",
    tag,
    summary: "Read a tenant",
    description: "The operator reads any, everybody else their own.",
    path,
    answers: [jsonForm(status.ok, "The tenant.", tenantShape)],
    examples: [{ name: "one", summary: "A tenant", ...example }],
  },
  change: {
    id: "changeTenant",
    tag,
    summary: "Change a tenant's name or limits",
    description: "For the operator. What is left out stays as it is; within two seconds it holds everywhere.",
    path,
    body: { schema: tenantChangeSchema },
    answers: [jsonForm(status.ok, "The tenant, changed.", tenantShape)],
    refusals: ["operator-only"],
    examples: [
      {
        name: "runs",
        summary: "Ten runs at once",
        ...example,
        body: { limits: { runningMax: 10 }, reason: "They asked for more." },
      },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listTenantsOperation({ tenants }: ListQueries): Operation {
  return {
    id: "listTenants",
    tag,
    summary: "List tenants",
    description: "For the operator. The newest first.",
    query: tenants,
    answers: [jsonForm(status.ok, "A page of tenants.", pageShape(tenantShape), { sometimes: ["link"] })],
    refusals: ["operator-only", "cursor-invalid"],
    examples: [{ name: "page", summary: "One at a time", query: { limit: "1" } }],
  };
}
