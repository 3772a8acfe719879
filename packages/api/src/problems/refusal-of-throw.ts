// Decides what a client is told when something threw: the store's own faults by name, everything else as `internal`.
import { StoreUnavailable, type Log } from "@ringback/core";
import { refusal, type Refusal } from "./refusal.ts";

const retryAfter = { "retry-after": "2" } as const;

/** What was thrown goes to the log under the request's id, never into the answer. */
export function refusalOfThrow(thrown: unknown, log: Log, requestId: string): Refusal {
  if (thrown instanceof StoreUnavailable) {
    log.warn("store_unavailable", { requestId, code: thrown.code, error: thrown.message });
    if (thrown.code === "other_key") {
      return refusal("master-key-missing", `${thrown.message} Nothing was changed.`, {
        headers: { "retry-after": "30" },
      });
    }
    return thrown.code === "full"
      ? refusal("storage-full", "The volume of the database has no space left. Nothing was changed.", {
          headers: retryAfter,
        })
      : refusal("store-unavailable", "The database could not be reached or was busy. Nothing was changed.", {
          headers: retryAfter,
        });
  }
  const error = thrown instanceof Error ? thrown : new Error("something that is no Error was thrown");
  log.error("request_failed", { requestId, errorName: error.name, error: error.stack ?? error.message });
  return refusal("internal", "Ringback failed to answer; the fault has been logged under this requestId.");
}
