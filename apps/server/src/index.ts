// The door of the server, for tests that put something between its rooms; everybody else starts main.ts.
export { startServer, type RunningServer } from "./start-server.ts";
