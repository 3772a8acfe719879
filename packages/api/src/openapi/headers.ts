// The headers that the document speaks of: what each is, and for which a client should look.

interface HeaderForm {
  readonly description: string;
  readonly type: "string" | "integer";
  /** For a request's: the call cannot do without it. */
  readonly required?: true;
}

export const requestHeaders = {
  "idempotency-key": {
    description:
      "1 to 255 ASCII characters, bare or in double quotes. The same key and body within 24 hours make one job.",
    type: "string",
  },
  "if-none-match": { description: "The `ETag` you have; 304 when it is still true.", type: "string" },
  accept: {
    description:
      "Where there is a stream: `application/json` for the list; anything else, or nothing, for the stream. Where there is an export: `application/x-ndjson` for all of it as lines.",
    type: "string",
  },
  "last-event-id": { description: "The stream goes on behind this event.", type: "string" },
  "ringback-token": {
    description:
      "The token that the upstream was called with: good for one run of this job, and without a key.",
    type: "string",
    required: true,
  },
  prefer: {
    description:
      "RFC 7240: `wait=n` holds the answer for up to n seconds, 60 at most; `respond-async` asks for an answer at once.",
    type: "string",
  },
  traceparent: {
    description: "W3C Trace Context; its trace goes on in the handler and in webhooks.",
    type: "string",
  },
} as const satisfies Readonly<Record<string, HeaderForm>>;

export type RequestHeader = keyof typeof requestHeaders;

export const answerHeaders = {
  "x-request-id": {
    description: "Names this request in the log: yours when you sent a sane one, else a new one.",
    type: "string",
  },
  location: { description: "Where to go on.", type: "string" },
  "retry-after": { description: "Seconds to wait before asking again.", type: "integer" },
  etag: { description: "The version; send it back as `If-None-Match`.", type: "string" },
  link: { description: 'The job itself (`rel="self"`), or the next page (`rel="next"`).', type: "string" },
  "idempotency-replayed": {
    description: "`true` when the key has been used before: this is the job it made.",
    type: "string",
  },
  "preference-applied": { description: "What was done of `Prefer`.", type: "string" },
  "www-authenticate": { description: "How to authenticate: `Bearer`.", type: "string" },
  "ratelimit-policy": {
    description: "The key's rate: `q` requests in `w` seconds.",
    type: "string",
  },
  ratelimit: {
    description: "What is left of it: `r` requests, and in `t` seconds there is room for another.",
    type: "string",
  },
  allow: { description: "The methods this path has.", type: "string" },
  "cache-control": { description: "Who may keep the answer, and how long.", type: "string" },
  "content-security-policy": {
    description: "Keeps a browser from running what a handler made.",
    type: "string",
  },
} as const satisfies Readonly<Record<string, HeaderForm>>;

export type AnswerHeader = keyof typeof answerHeaders;
