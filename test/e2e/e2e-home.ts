// Servers for the end-to-end tests, as a process or inside the test, with the kinds of handlers.ts.
import { fileURLToPath } from "node:url";
import {
  startServerInProcess,
  type InProcessOptions,
  type ServerInProcess,
} from "../support/server-in-process.ts";
import {
  makeServerHome,
  type HomeOptions,
  type ServerHome,
  type Settings,
} from "../support/server-process.ts";

const settings: Settings = { RINGBACK_HANDLERS: fileURLToPath(new URL("handlers.ts", import.meta.url)) };

export function makeHome(options: HomeOptions = {}): ServerHome {
  return makeServerHome({ ...options, settings: { ...settings, ...options.settings } });
}

export function startInProcess(options: InProcessOptions = {}): Promise<ServerInProcess> {
  return startServerInProcess({ ...options, settings: { ...settings, ...options.settings } });
}
