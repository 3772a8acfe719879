// The door of api: a mountable HTTP app, the links to results that thin callbacks carry, and what answers below the app.
export { makeRequestId } from "./answers/request-id.ts";
export type { ApiDeps, ApiSettings, Readiness } from "./api-deps.ts";
export { createApi } from "./create-api.ts";
export type { Counters } from "./intake/counters.ts";
export type { Api } from "./create-api.ts";
export type { ShortPoll } from "./routes/short-poll.ts";
export type { ProblemCode } from "./problems/catalogue.ts";
export { problemResponse } from "./problems/problem-response.ts";
export type { ProblemResponse } from "./problems/problem-response.ts";
export { createResultLinks } from "./tokens/result-links.ts";
export type { ResultLinkDeps, ResultLinks, TokenVerdict } from "./tokens/result-links.ts";
export { createCompletions } from "./tokens/run-tokens.ts";
export type { CompletionDeps } from "./tokens/run-tokens.ts";
