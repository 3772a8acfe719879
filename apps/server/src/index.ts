// The door of the server, for tests that put something between its rooms; everybody else starts main.ts.
export { parseConfig, type Config, type ParsedConfig } from "./config/parse-config.ts";
export { settings } from "./config/settings.ts";
export { StartRefused } from "./start-refused.ts";
export { startServer, type RunningServer, type StartOptions } from "./start-server.ts";
