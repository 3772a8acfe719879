// The points at which the chaos suite kills the server.

/** `in-…` kills from another thread while the transaction is under way. */
export type FaultName =
  | "before-commit"
  | "in-commit"
  | "after-commit"
  | "before-send"
  | "before-record"
  | "in-record"
  | "after-record"
  | "in-replay-step";

export interface Fault {
  readonly at: FaultName;
  /** Only an attempt (or a replay's step) with this number sets it off; any, without one. */
  readonly attempt?: number;
  /** For faults inside a transaction: the time from its call to the kill. */
  readonly afterMicroseconds?: number;
}

/** The environment of `server-with-faults.ts`; the names do not begin with RINGBACK_, whose unknown settings are refused. */
export function faultSettings({
  at,
  attempt = 0,
  afterMicroseconds = 0,
}: Fault): Readonly<Record<string, string>> {
  return { CHAOS_FAULT: at, CHAOS_ATTEMPT: String(attempt), CHAOS_AFTER_US: String(afterMicroseconds) };
}
