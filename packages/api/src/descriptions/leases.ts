// What the document says of leases, by which jobs are worked in any language.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { completeSchema, failSchema, heartbeatSchema, leaseRequestSchema } from "../schemas/lease-request.ts";
import { heartbeatShape, leasesShape, runEndShape } from "../shapes/lease-shape.ts";

const tag = "Leases";
const path = { token: "The lease's token." };
const example = { path: { token: exampleIds.lease } };
const over = { path: { token: exampleIds.endedLease } };
const ended = jsonForm(status.ok, "It is recorded.", runEndShape);

export const leaseOperations = {
  lease: {
    id: "leaseJobs",
    tag,
    summary: "Ask for jobs to work",
    description:
      "Each comes with a token for this one run. Asking says which kinds you work: from then on jobs of these kinds can be submitted. With `wait` the answer comes as soon as there is a job.",
    body: { schema: leaseRequestSchema },
    answers: [jsonForm(status.ok, "The leases, or none.", leasesShape)],
    examples: [
      { name: "one", summary: "One job of a kind", body: { kinds: ["echo"] } },
      { name: "none", summary: "Nothing is due", body: { kinds: ["print-label"], max: 5 } },
    ],
  },
  heartbeat: {
    id: "heartbeatLease",
    tag,
    summary: "Keep a lease, and say how far it is",
    description: "As often as the lease's `heartbeatMs` says. The answer says whether to stop.",
    path,
    body: { schema: heartbeatSchema, mayBeEmpty: true },
    answers: [jsonForm(status.ok, "It is still yours.", heartbeatShape)],
    refusals: ["lease-lost"],
    examples: [
      {
        name: "half",
        summary: "Half of it is done",
        ...example,
        body: { progress: { percent: 50, message: "Page 5 of 10" } },
      },
      { name: "lost", summary: "A lease that has run out: stop", ...over },
    ],
  },
  complete: {
    id: "completeLease",
    tag,
    summary: "End a run with its result",
    description:
      "JSON as `{result}`. A body of any other type is the result itself, under the `Content-Type` it is sent with.",
    path,
    body: { schema: completeSchema, mayBeBytes: true },
    answers: [ended],
    refusals: ["lease-lost"],
    examples: [
      { name: "json", summary: "A JSON result", ...example, body: { result: { pages: 5 } } },
      { name: "lost", summary: "A result that came too late", ...over, body: { result: { pages: 5 } } },
    ],
  },
  fail: {
    id: "failLease",
    tag,
    summary: "Say that a run has failed",
    description: "The job is tried again while it has runs left, unless `retryable` is false.",
    path,
    body: { schema: failSchema },
    answers: [ended],
    refusals: ["lease-lost"],
    examples: [
      {
        name: "forGood",
        summary: "There is no sense in trying again",
        ...example,
        body: { message: "The file has no pages.", retryable: false },
      },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
