// Homes for the chaos suite: a server that knows the misbehaving kinds, and its twin that kills itself at a named point.
import { fileURLToPath } from "node:url";
import { makeServerHome, type ServerHome, type ServerProcess } from "../support/server-process.ts";
import { faultSettings, type Fault } from "./named-fault.ts";

export interface ChaosHome extends ServerHome {
  /** Starts a server on the home's file that kills itself at that point. */
  startWithFault(fault: Fault): Promise<ServerProcess>;
}

export function makeChaosHome(): ChaosHome {
  const home = makeServerHome({
    settings: {
      RINGBACK_HANDLERS: fileURLToPath(new URL("handlers.ts", import.meta.url)),
      RINGBACK_LOG_LEVEL: "warn",
    },
  });
  const faultyEntry = fileURLToPath(new URL("server-with-faults.ts", import.meta.url));
  return { ...home, startWithFault: (fault) => home.start(faultSettings(fault), faultyEntry) };
}
