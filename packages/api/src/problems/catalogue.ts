// The closed list of everything that can go wrong for a client: what it means, what causes it, and what to do about it.
// A code's page (`/problems/<code>`) and every problem document are made from the same entry.
import { status, type Status } from "../answers/status.ts";
import { deadLetterProblems } from "./dead-letter-problems.ts";
import { storeProblems } from "./store-problems.ts";

export interface ProblemEntry {
  readonly status: Status;
  readonly title: string;
  readonly meaning: string;
  readonly causes: readonly string[];
  readonly fix: string;
}

const entries = {
  "json-invalid": {
    status: status.badRequest,
    title: "The body is not valid JSON",
    meaning: "The request body could not be read as JSON; `detail` gives the byte where reading stopped.",
    causes: ["A trailing comma, a single quote or a comment.", "A body that was cut short, or is empty."],
    fix: "Make the body with a JSON library and send it whole.",
  },
  "json-too-deep": {
    status: status.badRequest,
    title: "The body is nested too deeply",
    meaning: "Arrays and objects may be nested 64 levels deep, the body itself included.",
    causes: [
      "A structure that contains itself by way of its serialiser.",
      "A tree or linked list written as nested JSON.",
    ],
    fix: "Flatten the structure, or send it as text inside one string.",
  },
  "json-member-twice": {
    status: status.badRequest,
    title: "A member stands twice in one object",
    meaning:
      "JSON readers disagree about which of two equal names counts, so outside a job's `input` and an event's `data` it is refused.",
    causes: ["JSON that was put together by hand or from two sources."],
    fix: "Send every name once.",
  },
  "text-invalid": {
    status: status.badRequest,
    title: "The body holds text that is not Unicode",
    meaning:
      "The body is not UTF-8, or escapes half a surrogate pair or U+0000; such text changes when it is stored or signed.",
    causes: [
      "A body in Latin-1 or UTF-16.",
      "A string that was cut in the middle of an emoji.",
      "Binary data in a string.",
    ],
    fix: "Send UTF-8; encode binary data as base64.",
  },
  "fields-unknown": {
    status: status.badRequest,
    title: "The request has fields that do not exist",
    meaning:
      "Unknown fields and parameters are refused by name, because a misspelled one would otherwise be ignored in silence.",
    causes: ["A misspelled name; names are camelCase.", "A field of a later version of Ringback."],
    fix: "Remove or rename the fields listed in `errors`.",
  },
  "parameter-invalid": {
    status: status.badRequest,
    title: "A query parameter has a value that it cannot have",
    meaning: "`errors` names the parameters and says what each accepts.",
    causes: ["A limit out of bounds.", "A status that does not exist.", "An instant that is not RFC 3339."],
    fix: "Correct the parameters listed in `errors`.",
  },
  "cursor-invalid": {
    status: status.badRequest,
    title: "The cursor is not one of this list",
    meaning: "A cursor is opaque, signed, and good only for the tenant and the list that gave it out.",
    causes: [
      "A cursor that was changed, cut or made up.",
      "A cursor of another list or of another tenant's key.",
    ],
    fix: "Pass a cursor on exactly as it was received, or begin without one.",
  },
  "idempotency-key-invalid": {
    status: status.badRequest,
    title: "The Idempotency-Key cannot be used",
    meaning:
      "A key is one header of 1 to 255 ASCII characters, none of them a control character, bare or in double quotes; with a comma in it, in quotes.",
    causes: [
      "An empty key.",
      "The header sent twice: two keys arrive joined by a comma.",
      "A key with control characters or letters beyond ASCII.",
    ],
    fix: "Use a random UUID, made once per job and repeated with every try.",
  },
  "body-incomplete": {
    status: status.badRequest,
    title: "The body did not arrive",
    meaning: "The connection ended before the whole body had been received; nothing was accepted.",
    causes: ["A client that gave up.", "A proxy that closed the connection."],
    fix: "Send the request again, with the same Idempotency-Key.",
  },
  "http-invalid": {
    status: status.badRequest,
    title: "The request is not valid HTTP/1.1",
    meaning: "The request could not be read at all and the connection was closed.",
    causes: ["Both Content-Length and Transfer-Encoding.", "A malformed header or request line."],
    fix: "Use an HTTP library.",
  },
  unauthenticated: {
    status: status.unauthenticated,
    title: "A valid API key is needed",
    meaning: "The request carried no key that is valid now; `detail` says which part was wrong.",
    causes: [
      "No `Authorization: Bearer` header.",
      "A mistyped, unknown, expired or revoked key.",
      "A key in the query string.",
    ],
    fix: "Send `Authorization: Bearer rb_live_…`. A key that has been in a URL is in logs by now: replace it.",
  },
  "scope-missing": {
    status: status.forbidden,
    title: "The key may not do this",
    meaning: "The key is valid and lacks the scope that `detail` names.",
    causes: ["A key that was made for another purpose."],
    fix: "Use a key with that scope, or with `admin`.",
  },
  "operator-only": {
    status: status.forbidden,
    title: "Only the operator may do this",
    meaning: "Tenants are made, listed and changed with an `admin` key of the operator's tenant.",
    causes: ["An `admin` key of another tenant, which manages its own keys and nothing else."],
    fix: "Use an `admin` key of the operator's tenant, which is `default`.",
  },
  "not-found": {
    status: status.notFound,
    title: "Nothing is here",
    meaning:
      "Nothing that this key can see has this address. What belongs to another tenant answers exactly the same.",
    causes: ["A mistyped id or path.", "A key of another tenant.", "Something whose retention is over."],
    fix: "Check the path, and the key that the id was received with.",
  },
  "method-not-allowed": {
    status: status.methodNotAllowed,
    title: "The path has no such method",
    meaning: "The path exists; `Allow` lists the methods it has.",
    causes: ["A wrong method.", "A call of a later version of Ringback."],
    fix: "Use one of the methods in `Allow`.",
  },
  "request-timeout": {
    status: status.timedOut,
    title: "The request took too long to arrive",
    meaning: "Headers have 10 seconds and the whole request 15; nothing was accepted.",
    causes: ["A Content-Length larger than what was sent.", "A stalled connection."],
    fix: "Send the request again, with the same Idempotency-Key.",
  },
  "job-not-finished": {
    status: status.conflict,
    title: "The job has no result yet",
    meaning: "The job is queued or running; `Retry-After` says when to look again.",
    causes: ["A result that was asked for before the job was done."],
    fix: "Poll `/v1/jobs/{id}/status`, which leads to the result, or wait for the callback.",
  },
  "job-failed": {
    status: status.conflict,
    title: "The job failed and has no result",
    meaning: "The job's `error` says why.",
    causes: ["Its handler failed, timed out, or ran out of runs."],
    fix: "Read `GET /v1/jobs/{id}`, repair the cause and submit a new job.",
  },
  "job-canceled": {
    status: status.conflict,
    title: "The job was canceled and has no result",
    meaning: "Somebody canceled it before it was done.",
    causes: ["A `DELETE` of the job."],
    fix: "Submit a new job if the result is still wanted.",
  },
  "job-finished": {
    status: status.conflict,
    title: "The job is over and can no longer be canceled",
    meaning: "It succeeded or failed before the cancellation arrived; its outcome stands.",
    causes: ["The job was faster."],
    fix: "Read the outcome with `GET /v1/jobs/{id}`.",
  },
  "lease-lost": {
    status: status.conflict,
    title: "The run is not yours any more",
    meaning:
      "The lease, or the one-time token, stood for a run that is over; a result that comes after that is not recorded.",
    causes: [
      "No heartbeat for the length of the lease (30 s).",
      "A run that took longer than the job's `runTimeoutMs`.",
      "The same end sent twice: the first one counted.",
    ],
    fix: "Stop working on it. `GET /v1/jobs/{id}` says what became of the job.",
  },
  "tenant-exists": {
    status: status.conflict,
    title: "There is a tenant of this id",
    meaning: "A tenant's id is chosen once; the tenant that has it was not changed.",
    causes: ["The tenant was made before."],
    fix: "Choose another id, or change the tenant with `PATCH /v1/tenants/{id}`.",
  },
  ...deadLetterProblems,
  "cursor-expired": {
    status: status.gone,
    title: "The feed no longer goes back to this cursor",
    meaning:
      "Events are kept in the feed for a time, and some that came after this cursor have left it; `detail` says until when. The deliveries that were owed for them are not affected.",
    causes: [
      "A client that has not read the feed for longer than events are kept (RINGBACK_EVENT_RETENTION_MS, 30 days by default).",
      "A cursor that was stored and never moved on.",
    ],
    fix: "Read what you have missed from `GET /v1/jobs`, which lists jobs with their outcome, then begin anew without `after`: that is the oldest event there is.",
  },
  "job-expired": {
    status: status.gone,
    title: "The job was done and its payloads have been erased",
    meaning:
      "Some time after a job is done its input and result are erased; `job` says how it ended, when, and when it expired.",
    causes: ["More time has passed since the end than the job's `resultTtlMs`."],
    fix: "Fetch results in time, submit with a longer `resultTtlMs`, or submit the job again.",
  },
  "result-erased": {
    status: status.gone,
    title: "The result has been erased",
    meaning: "Somebody erased the job's result before its time was over; the job itself is still there.",
    causes: ["A `DELETE` of the result."],
    fix: "Submit the job again if the result is still needed.",
  },
  "body-too-large": {
    status: status.tooLarge,
    title: "The body is too large",
    meaning: "The body exceeds the limit that `detail` names; it was not read to its end.",
    causes: ["Large data sent inline."],
    fix: "Store the data elsewhere and send its address, or raise the limit in the settings.",
  },
  "content-type-unsupported": {
    status: status.unsupportedType,
    title: "The body must be application/json",
    meaning: "Bodies are read as JSON in UTF-8 and as nothing else.",
    causes: [
      "A missing Content-Type.",
      "A form or text body; curl's `-d` sends a form unless told otherwise.",
    ],
    fix: "Send `Content-Type: application/json`.",
  },
  "content-encoding-unsupported": {
    status: status.unsupportedType,
    title: "The body must not be compressed",
    meaning: "Request bodies are never inflated.",
    causes: ["A client or proxy that compresses requests."],
    fix: "Send the body as it is, without Content-Encoding.",
  },
  "invalid-request": {
    status: status.unprocessable,
    title: "The request says something that cannot be",
    meaning: "The body is JSON, and `errors` lists every field that is wrong, with a JSON pointer to it.",
    causes: ["A missing field, a wrong type, or a value out of bounds."],
    fix: "Correct the fields listed in `errors`.",
  },
  "unknown-kind": {
    status: status.unprocessable,
    title: "There is no such job kind",
    meaning: "No handler is loaded for this kind; `detail` names the kinds there are.",
    causes: ["A misspelled kind.", "A handlers module that is missing from RINGBACK_HANDLERS."],
    fix: "Use one of the kinds in `detail`, or load the module that defines it.",
  },
  "input-invalid": {
    status: status.unprocessable,
    title: "The kind refuses this input",
    meaning: "The job's kind checks its input, and `errors` says what it refused, with JSON pointers.",
    causes: ["Input of another kind or of an older version of it."],
    fix: "Correct the input as `errors` says.",
  },
  "callback-url-rejected": {
    status: status.unprocessable,
    title: "Ringback may not call this URL",
    meaning: "The address guard refused the URL; `detail` names the rule and what to do.",
    causes: [
      "A private or reserved address.",
      "A URL that is not https.",
      "A port or a name that is never called.",
    ],
    fix: "Use a public https URL, or allow the receiver's network with RINGBACK_ALLOW_NETWORKS.",
  },
  "callback-endpoint-unknown": {
    status: status.unprocessable,
    title: "The callback names an endpoint that does not exist",
    meaning: "`callback.endpointId` is no endpoint of this tenant.",
    causes: ["A mistyped id.", "An endpoint of another tenant or another installation."],
    fix: "Register the endpoint with `POST /v1/endpoints` and use the id it answers.",
  },
  "idempotency-key-reused": {
    status: status.unprocessable,
    title: "The Idempotency-Key belongs to another request",
    meaning:
      "The key has been used with another body, or for something else, in the last 24 hours; nothing was made.",
    causes: [
      "One key for several jobs or events.",
      "A body that changes from try to try, for example by a timestamp.",
    ],
    fix: "Make one key per job or event, and repeat the same body with it byte for byte.",
  },
  "job-id-invalid": {
    status: status.unprocessable,
    title: "The id cannot name a job",
    meaning: "A job that a client names itself has a UUID, or an id as Ringback makes them (`job_…`).",
    causes: ["An order number, a URL or another text as the id."],
    fix: "Make a UUID for the job, and keep your own number in `metadata`.",
  },
  "job-id-reused": {
    status: status.unprocessable,
    title: "The id belongs to another request",
    meaning:
      "There is a job with this id that another body made, or that was not made with an id of the client's; no job was made.",
    causes: ["One id for several jobs.", "A body that changes from try to try, for example by a timestamp."],
    fix: "Make one id per job, and repeat the same body with it byte for byte.",
  },
  "batch-refused": {
    status: status.unprocessable,
    title: "Not all jobs of the batch can be accepted, so none was",
    meaning: "With `atomic=true` a batch is accepted as a whole; `errors` lists what is wrong, by job.",
    causes: ["One job with a mistake, among others without."],
    fix: "Correct the jobs listed in `errors`, or send the batch without `atomic`.",
  },
  "rate-limited": {
    status: status.tooMany,
    title: "Too many requests",
    meaning:
      "The key has used up its requests, or too many requests without a valid key have come from this address. `RateLimit` says what is left, `Retry-After` when to go on.",
    causes: [
      "A loop without a pause; polling without `Retry-After`.",
      "Many clients that share one key.",
      "A wrong key that is tried again and again.",
    ],
    fix: "Wait as long as `Retry-After` says, spread requests out, and give each client a key of its own.",
  },
  "quota-exceeded": {
    status: status.tooMany,
    title: "The tenant has too many unfinished jobs",
    meaning:
      "As many jobs of this tenant are queued or running as it may have; nothing was accepted. What was accepted before under an Idempotency-Key is still answered.",
    causes: ["Jobs are submitted faster than they are done."],
    fix: "Submit the job again, with the same Idempotency-Key, when others are done, or have the tenant's limit raised.",
  },
  "headers-too-large": {
    status: status.headersTooLarge,
    title: "The headers are too large",
    meaning: "All headers together may have 16 KiB, and there may be 200 of them.",
    causes: ["Oversized cookies or tokens.", "A proxy that adds headers."],
    fix: "Send fewer or shorter headers.",
  },
  internal: {
    status: status.internal,
    title: "Ringback failed",
    meaning: "A fault of Ringback itself, not of the request; it has been logged under the `requestId`.",
    causes: ["A defect."],
    fix: "Try again with the same Idempotency-Key; report the `requestId` if it persists.",
  },
  "endpoint-changing": {
    status: status.conflict,
    title: "The endpoint is being changed by others",
    meaning: "Each time this change was about to be written, somebody else had changed the endpoint.",
    causes: ["Several clients that change the same endpoint in a loop."],
    fix: "Send it again; a merge patch says only what is to be different, so nothing is lost by that.",
  },
  overloaded: {
    status: status.unavailable,
    title: "Too much is waiting already",
    meaning:
      "This installation takes no more of this at once: unfinished jobs, submissions that wait for the database, or open event streams. Nothing was accepted; reading still works.",
    causes: [
      "More jobs of all tenants together are queued or running than RINGBACK_BACKLOG_MAX.",
      "A database that is slow at the moment: more submissions wait for it in this process than RINGBACK_INTAKE_IN_FLIGHT_MAX.",
      "More event streams at once than this process keeps open.",
    ],
    fix: "Try again after `Retry-After`, with the same Idempotency-Key; poll instead of opening a stream.",
  },
  ...storeProblems,
} as const satisfies Readonly<Record<string, ProblemEntry>>;

export type ProblemCode = keyof typeof entries;

/** Every code with its entry. */
export const catalogue: Readonly<Record<ProblemCode, ProblemEntry>> = entries;

export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(entries, text);
}
