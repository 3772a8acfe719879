// Where the demo plays: a server of its own on a temporary file, and a receiver that verifies what it gets.
import { fileURLToPath } from "node:url";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { makeServerHome, type ServerHome } from "../support/server-process.ts";

export interface Stage {
  readonly home: ServerHome;
  readonly receiver: Receiver;
  /** Ends the processes and removes the temporary file; safe to call twice. */
  leave(): Promise<void>;
}

/** Few enough at once that waiting, running and finished jobs are seen side by side. */
const runConcurrency = 7;

export async function enterStage(): Promise<Stage> {
  const receiver = await startReceiver();
  const home = makeServerHome({
    settings: {
      RINGBACK_HANDLERS: fileURLToPath(new URL("handlers.ts", import.meta.url)),
      RINGBACK_RUN_CONCURRENCY: String(runConcurrency),
      RINGBACK_LOG_LEVEL: "warn",
    },
  });
  let leaving: Promise<unknown> | null = null;
  return {
    home,
    receiver,
    async leave() {
      leaving ??= Promise.all([home.dispose(), receiver.close()]);
      await leaving;
    },
  };
}
