// Homes for the chaos suite: a server that knows the misbehaving kinds, and its twin that kills itself at a named point.
import { fileURLToPath } from "node:url";
import { mode } from "../support/mode.ts";
import {
  makeServerHome,
  type HomeOptions,
  type ServerHome,
  type ServerProcess,
} from "../support/server-process.ts";
import { faultSettings, type Fault } from "./named-fault.ts";

export interface ChaosHome extends ServerHome {
  /** Starts a server on the home's file that kills itself at that point. */
  startWithFault(fault: Fault): Promise<ServerProcess>;
}

/** Among several processes what one of them held is free when its lease runs out; a short one makes the tests short. */
const leaseMs = 3_000;

export function makeChaosHome(options: Pick<HomeOptions, "settings" | "database"> = {}): ChaosHome {
  const home = makeServerHome({
    ...options,
    settings: {
      ...(mode === "scale-out" && { RINGBACK_LEASE_MS: String(leaseMs) }),
      RINGBACK_HANDLERS: fileURLToPath(new URL("handlers.ts", import.meta.url)),
      RINGBACK_LOG_LEVEL: "warn",
      ...options.settings,
    },
  });
  const faultyEntry = fileURLToPath(new URL("server-with-faults.ts", import.meta.url));
  return { ...home, startWithFault: (fault) => home.start(faultSettings(fault), faultyEntry) };
}
