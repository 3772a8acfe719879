// The door of the server, for tests that put something between its rooms; everybody else starts main.ts.
export type { HttpLimits } from "./http-limits.ts";
export { startHttpServer, type HttpServer, type HttpServerOptions } from "./http-server.ts";
export { startServer, type RunningServer } from "./start-server.ts";
