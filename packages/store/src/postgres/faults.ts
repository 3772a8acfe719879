// Which faults of PostgreSQL are nobody's mistake, and which of them are worth another try at once.
import { DatabaseError } from "pg";
import { StoreUnavailable } from "@ringback/core";
import { asSealedElsewhere } from "../seal-guard.ts";

/** Deadlock and serialization failure: the same transaction, made again, succeeds. */
const contested: ReadonlySet<string> = new Set(["40P01", "40001"]);
/** lock_timeout, statement_timeout and connections of the whole server: others have it at the moment. */
const busy: ReadonlySet<string> = new Set(["55P03", "57014", "53300", "53200", "54000"]);
const full = /^53100$/;
/** Connection exceptions, shutdown, start-up, a standby, a fault of the server's disk or of itself, refused access. */
const unreachable = /^(?:08|57P|58|XX|28|25006|25P03|3D000|F0)/;
const networkCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
]);
/** The driver has no codes for these. */
const cutTexts =
  /Connection terminated|Client has encountered a connection error|Client was closed|read timeout|terminating connection/i;
const waitedTexts = /timeout exceeded when trying to connect/i;

/** Null when `thrown` is something else, such as a broken constraint or a programmer's mistake. */
export function asUnavailable(thrown: unknown): StoreUnavailable | null {
  if (thrown instanceof StoreUnavailable) return thrown;
  const sealed = asSealedElsewhere(thrown);
  if (sealed !== null) return sealed;
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const known = unavailableOf(error);
    if (known !== null) return known;
  }
  return null;
}

function unavailableOf(error: Error): StoreUnavailable | null {
  const options = { cause: error };
  const code = codeOf(error);
  if (busy.has(code) || contested.has(code) || waitedTexts.test(error.message)) {
    const text = `The database is busy (${code === "" ? "no free connection" : code}); nothing was written. Try again.`;
    return new StoreUnavailable("busy", text, options);
  }
  if (full.test(code)) {
    const text = "The database cannot grow: its disk is full. Nothing was written. Free some space.";
    return new StoreUnavailable("full", text, options);
  }
  if (isDatabaseError(error) ? unreachable.test(code) : isCut(error)) {
    const text = `The database cannot be reached or written (${code === "" ? error.message : code}); nothing was written.`;
    return new StoreUnavailable("unreachable", text, options);
  }
  if (/after calling end on the pool/.test(error.message)) {
    return new StoreUnavailable("unreachable", "The store has been closed.", options);
  }
  return null;
}

/** True when the same transaction, begun again, would not meet the same fault. */
export function isContested(thrown: unknown): boolean {
  return thrown instanceof Error && contested.has(codeOf(thrown));
}

/** True when the connection is gone: what was sent on it has been rolled back, unless it was the commit. */
export function isCut(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code = codeOf(thrown);
  return networkCodes.has(code) || /^57P0[123]$/.test(code) || cutTexts.test(thrown.message);
}

/** True when the peer said nothing in time: another try would wait as long. */
export function isSilence(thrown: unknown): boolean {
  return thrown instanceof Error && /read timeout/i.test(thrown.message);
}

function isDatabaseError(error: Error): boolean {
  return error instanceof DatabaseError;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
