// The door of api: a mountable HTTP app, and the links to results that thin callbacks carry.
export type { ApiDeps, ApiSettings, Readiness } from "./api-deps.ts";
export { createApi } from "./create-api.ts";
export type { Api } from "./create-api.ts";
export { createResultLinks } from "./tokens/result-links.ts";
export type { ResultLinkDeps, ResultLinks, TokenVerdict } from "./tokens/result-links.ts";
