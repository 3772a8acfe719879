import { expect, test } from "vitest";
import { endpointRequestSchema } from "./endpoint-request.ts";
import { eventRequestSchema } from "./event-request.ts";
import { documentedFormOf } from "./documented-as.ts";
import { instantSchema } from "./fields.ts";
import { leaseRequestSchema } from "./lease-request.ts";
import { createListQueries } from "./list-queries.ts";
import { tenantRequestSchema } from "./tenant-request.ts";

const { jobs, feed } = createListQueries(200);

/** As the parameter's text, or as the documented value: both must be taken or refused. */
test.each([
  ["a list", jobs.shape.status.unwrap(), "queued,failed", ["queued", "failed"], true],
  ["a list with what is none", jobs.shape.status.unwrap(), "queued,lost", ["queued", "lost"], false],
  ["a number", jobs.shape.limit.unwrap(), "200", 200, true],
  ["a number out of bounds", jobs.shape.limit.unwrap(), "201", 201, false],
  ["a number below them", jobs.shape.limit.unwrap(), "0", 0, false],
  ["types", feed.shape.types.unwrap(), "job.*,job.failed", ["job.*", "job.failed"], true],
  ["types that are none", feed.shape.types.unwrap(), "job failed", ["job failed"], false],
  ["an instant", instantSchema, "2026-11-22T09:00:00Z", "2026-11-22T09:00:00Z", true],
  ["a kind", leaseRequestSchema.shape.kinds.element, "report.v2", "report.v2", true],
  ["a kind that is none", leaseRequestSchema.shape.kinds.element, ".report", ".report", false],
  [
    "a kind that is too long",
    leaseRequestSchema.shape.kinds.element,
    "r".repeat(101),
    "r".repeat(101),
    false,
  ],
  ["a tenant's id", tenantRequestSchema.shape.id, "a-1_b", "a-1_b", true],
  ["a tenant's id that is none", tenantRequestSchema.shape.id, "-a", "-a", false],
  ["a tenant's id that is too long", tenantRequestSchema.shape.id, "a".repeat(64), "a".repeat(64), false],
  ["a type of an event", eventRequestSchema.shape.type, "jobs.in-voice_2", "jobs.in-voice_2", true],
  ["a reserved type", eventRequestSchema.shape.type, "job.paid", "job.paid", false],
  ["a reserved word alone", eventRequestSchema.shape.type, "endpoint", "endpoint", false],
  ["a type that is none", eventRequestSchema.shape.type, "a..b", "a..b", false],
  ["a type that is too long", eventRequestSchema.shape.type, "a".repeat(101), "a".repeat(101), false],
  ["delays", endpointRequestSchema.shape.retry.unwrap(), [1, 2], [1, 2], true],
  ["delays that are none", endpointRequestSchema.shape.retry.unwrap(), ["1"], ["1"], false],
  ["a policy", endpointRequestSchema.shape.retry.unwrap(), { factor: 2 }, { factor: 2 }, true],
  ["a policy with too much", endpointRequestSchema.shape.retry.unwrap(), { base: 2 }, { base: 2 }, false],
] as const)("%s is taken as it is documented", (...row) => {
  const [, schema, given, documented, isTaken] = row;
  expect(schema.safeParse(given).success).toBe(isTaken);
  expect(documentedFormOf(schema)?.safeParse(documented).success).toBe(isTaken);
});
