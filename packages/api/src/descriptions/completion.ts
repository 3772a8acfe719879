// What the document says of how an upstream that answered 202 ends the job it was called for.
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { jsonForm, type Operation } from "../openapi/operation.ts";
import { completeSchema, failSchema } from "../schemas/lease-request.ts";
import { runEndShape } from "../shapes/lease-shape.ts";

const common = {
  tag: "Leases",
  path: { id: "The job's id, as it stands in the address that the upstream was given." },
  headers: ["ringback-token"],
  acceptsToken: "run",
  answers: [jsonForm(status.ok, "It is recorded.", runEndShape)],
  refusals: ["lease-lost"],
} as const satisfies Partial<Operation>;

const example = {
  path: { id: exampleIds.runningJob },
  headers: { "ringback-token": exampleIds.completion },
};

export const completionOperations = {
  complete: {
    ...common,
    id: "completeJob",
    summary: "End the job an upstream was called for, with its result",
    description:
      "For an upstream that a job of the kind `http` has called and that answered 202. JSON as `{result}`. A body of any other type is the result itself, under the `Content-Type` it is sent with.",
    body: { schema: completeSchema, mayBeBytes: true },
    examples: [{ name: "json", summary: "A JSON result", ...example, body: { result: { pages: 5 } } }],
  },
  fail: {
    ...common,
    id: "failJob",
    summary: "Say that the job an upstream was called for has failed",
    description: "It is tried again while it has runs left, unless `retryable` is false.",
    body: { schema: failSchema },
    examples: [
      {
        name: "forGood",
        summary: "There is no sense in trying again",
        ...example,
        body: { message: "The printer is gone.", retryable: false },
      },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;
