// What the document says of jobs that are there: reading and canceling them, and their results.
import { z } from "zod";
import { status } from "../answers/status.ts";
import { exampleIds } from "../openapi/example-ids.ts";
import { emptyForm, jsonForm, type Operation } from "../openapi/operation.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import { jobShape } from "../shapes/job-shape.ts";
import { pageShape } from "../shapes/page-shape.ts";

const tag = "Jobs";
const path = { id: "The job's id, or the UUID that it was put under." };
const example = { path: { id: exampleIds.job } };
const queued = { path: { id: exampleIds.queuedJob } };
const expired = { path: { id: exampleIds.expiredJob } };
const erased = { path: { id: exampleIds.erasedJob } };
const failed = { path: { id: exampleIds.failedJob } };
const accepted = ["location", "retry-after", "etag", "link"] as const;
const unchanged = emptyForm(status.notModified, "You have this version.", {
  always: ["etag"],
  sometimes: ["retry-after", "preference-applied"],
});

export const jobOperations = {
  get: {
    id: "getJob",
    tag,
    summary: "Read a job",
    description:
      "200 as long as the job is kept, whatever its status. With `If-None-Match` and `Prefer: wait=30` it answers as soon as there is another version.",
    path,
    headers: ["if-none-match", "prefer"],
    answers: [
      jsonForm(status.ok, "The job.", jobShape, {
        always: ["etag"],
        sometimes: ["retry-after", "preference-applied"],
      }),
      unchanged,
    ],
    refusals: ["job-expired"],
    examples: [
      { name: "done", summary: "A job that has succeeded", ...example },
      { name: "waiting", summary: "A job that waits: `Retry-After` says when to look again", ...queued },
      {
        name: "unchanged",
        summary: "Nothing new since the last look",
        ...example,
        headers: { "if-none-match": '"3"' },
      },
      {
        name: "changed",
        summary: "A long poll: the version is another one already, so it answers at once",
        ...example,
        headers: { "if-none-match": '"2"', prefer: "wait=30" },
      },
      { name: "expired", summary: "A job whose input and result have been erased", ...expired },
    ],
  },
  cancel: {
    id: "cancelJob",
    tag,
    summary: "Cancel a job",
    description: "A running job is asked to stop by its handler's `AbortSignal`. It never erases a result.",
    path,
    answers: [
      jsonForm(status.ok, "It is canceled, by this call or before.", jobShape, { always: ["etag"] }),
      jsonForm(status.accepted, "It runs, and is asked to stop.", jobShape, { always: accepted }),
    ],
    refusals: ["job-finished", "job-expired"],
    examples: [
      { name: "queued", summary: "A job that has not begun", ...queued },
      { name: "tooLate", summary: "A job that is over", ...example },
    ],
  },
  status: {
    id: "getJobStatus",
    tag,
    summary: "Follow a job to its result",
    description:
      "The status monitor: 200 while it is not done and when it failed; once it has succeeded, 303 to the result.",
    path,
    headers: ["if-none-match", "prefer"],
    answers: [
      jsonForm(status.ok, "Not done, failed or canceled.", jobShape, {
        always: ["etag"],
        sometimes: ["retry-after", "preference-applied"],
      }),
      jsonForm(status.seeOther, "It has succeeded; the body is the job.", jobShape, {
        always: ["location", "etag"],
        sometimes: ["preference-applied"],
      }),
      unchanged,
    ],
    refusals: ["job-expired"],
    examples: [
      { name: "waiting", summary: "Come again after `Retry-After`", ...queued },
      { name: "succeeded", summary: "On to the result", ...example },
      { name: "failed", summary: "Why it failed", ...failed },
    ],
  },
  result: {
    id: "getJobResult",
    tag,
    summary: "Read a job's result",
    description:
      "The bytes as the handler gave them. A callback's `resultUrl` carries a `token` that opens it without a key.",
    path,
    parameters: [
      { name: "token", description: "The token of a `resultUrl`, instead of a key.", schema: z.string() },
    ],
    headers: ["if-none-match"],
    acceptsToken: "result",
    answers: [
      {
        status: status.ok,
        description: "The result, under the content type that the handler gave it.",
        always: ["etag", "cache-control", "content-security-policy"],
        content: { "*": z.unknown() },
      },
      emptyForm(status.notModified, "You have it.", { always: ["etag", "cache-control"] }),
    ],
    refusals: ["job-not-finished", "job-failed", "job-canceled", "job-expired", "result-erased"],
    examples: [
      { name: "done", summary: "A JSON result", ...example },
      { name: "tooEarly", summary: "A job that is not done", ...queued },
      { name: "erased", summary: "A result that somebody has erased", ...erased },
    ],
  },
  eraseResult: {
    id: "eraseJobResult",
    tag,
    summary: "Erase a job's result",
    description: "Before its time is over. The job stays, and says that it has succeeded.",
    path,
    answers: [emptyForm(status.noContent, "It is erased, by this call or before.", { always: ["etag"] })],
    refusals: ["job-not-finished", "job-failed", "job-canceled", "job-expired"],
    examples: [
      { name: "done", summary: "A result that is there", ...example },
      { name: "tooEarly", summary: "A job that is not done", ...queued },
    ],
  },
} as const satisfies Readonly<Record<string, Operation>>;

export function listJobsOperation({ jobs }: ListQueries): Operation {
  return {
    id: "listJobs",
    tag,
    summary: "List jobs",
    description:
      "The newest first, without those that have expired. Inputs and results of more than 20 kB are left out.",
    query: jobs,
    parameters: [
      {
        name: "metadata",
        description: "`metadata.<name>=<value>`: only jobs with this label. Several must all match.",
        schema: z.record(z.string().regex(/^metadata\./), z.string()),
        explode: true,
      },
    ],
    answers: [jsonForm(status.ok, "A page of jobs.", pageShape(jobShape), { sometimes: ["link"] })],
    refusals: ["cursor-invalid"],
    examples: [
      { name: "failed", summary: "Those that failed", query: { status: "failed" } },
      { name: "page", summary: "One at a time", query: { limit: "1" } },
    ],
  };
}
