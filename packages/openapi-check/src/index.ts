// The door of openapi-check: whether what was said over HTTP is what an OpenAPI 3.1 document says.
export { createExchangeCheck } from "./exchange-check.ts";
export type { Exchange, ExchangeCheck, SentWebhook } from "./exchange-check.ts";
export type { OpenApi } from "./open-api.ts";
