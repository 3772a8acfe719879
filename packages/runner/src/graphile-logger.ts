// What graphile-worker says, as lines of our own log: its errors are warnings here, since the sweep does without it.
import type { Logger } from "graphile-worker";
import type { Log } from "@ringback/core";

/** `of` is graphile-worker itself, which is loaded only where it is used. */
export function graphileLogger(of: { readonly Logger: typeof Logger }, log: Log): Logger {
  return new of.Logger(() => (level, message) => {
    const isWarning = ["error", "warning"].includes(level);
    if (isWarning) log.warn("graphile", { reason: message });
    else log.debug("graphile", { reason: message });
  });
}
