// What crosses the border between the runner and an isolate. An isolate runs code that is not ours, and that code may use
// the same channel by accident: what comes out of one is read member by member, and what does not fit is not heard.
import { jobErrorCodes, type ClaimedRun, type LogFields } from "@ringback/core";
import type { ExecutionEnd, Failed } from "./executor.ts";

/** To an isolate. `run` counts the runs of the pool, so that nothing late is taken for the present run's. */
export type Order =
  | { readonly ringback: "run"; readonly run: number; readonly claimed: ClaimedRun }
  | { readonly ringback: "abort"; readonly run: number; readonly reason: string };

/** From an isolate. */
export type Report =
  | { readonly ringback: "ready" }
  /** Its modules cannot be loaded; it ends by itself. */
  | { readonly ringback: "not_ready"; readonly problem: string }
  | { readonly ringback: "begun"; readonly run: number }
  | {
      readonly ringback: "progress";
      readonly run: number;
      readonly percent: number;
      readonly message: string | null;
    }
  | {
      readonly ringback: "log";
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: LogFields;
    }
  | { readonly ringback: "fault"; readonly fault: StrayFault }
  | { readonly ringback: "ended"; readonly run: number; readonly end: ExecutionEnd };

export type LogLevel = "debug" | "info" | "warn" | "error";

/** An error that nobody caught, with whose code threw it; null when it was nobody's. */
export interface StrayFault {
  readonly owner: { readonly run: number; readonly jobId: string; readonly kind: string } | null;
  readonly errorName: string;
  readonly failure: Failed;
}

/** Null for what is no report. */
export function readReport(heard: unknown): Report | null {
  if (!isRecord(heard)) return null;
  const { run } = heard;
  switch (heard["ringback"]) {
    case "ready":
      return { ringback: "ready" };
    case "not_ready":
      return { ringback: "not_ready", problem: textOf(heard["problem"]) };
    case "begun":
      return typeof run === "number" ? { ringback: "begun", run } : null;
    case "progress":
      return readProgress(run, heard);
    case "log":
      return readLog(heard);
    case "fault":
      return readFault(heard["fault"]);
    case "ended":
      return readEnd(run, heard["end"]);
    default:
      return null;
  }
}

function readProgress(run: unknown, { percent, message }: Heard): Report | null {
  if (typeof run !== "number" || typeof percent !== "number") return null;
  return { ringback: "progress", run, percent, message: typeof message === "string" ? message : null };
}

function readLog({ level, event, fields }: Heard): Report | null {
  if (level !== "debug" && level !== "info" && level !== "warn" && level !== "error") return null;
  return {
    ringback: "log",
    level,
    event: textOf(event),
    fields: isRecord(fields) ? (fields as LogFields) : {},
  };
}

function readFault(fault: unknown): Report | null {
  if (!isRecord(fault)) return null;
  const failure = readFailed(fault["failure"]);
  if (failure === null) return null;
  return {
    ringback: "fault",
    fault: { owner: readOwner(fault["owner"]), errorName: textOf(fault["errorName"]), failure },
  };
}

function readOwner(owner: unknown): StrayFault["owner"] {
  if (!isRecord(owner) || typeof owner["run"] !== "number") return null;
  return { run: owner["run"], jobId: textOf(owner["jobId"]), kind: textOf(owner["kind"]) };
}

function readEnd(run: unknown, end: unknown): Report | null {
  if (typeof run !== "number" || !isRecord(end)) return null;
  const read =
    end["kind"] === "canceled" ? ({ kind: "canceled" } as const) : (readFailed(end) ?? readResult(end));
  return read === null ? null : { ringback: "ended", run, end: read };
}

function readResult(end: Heard): ExecutionEnd | null {
  const { kind, result } = end;
  if (kind !== "succeeded" || !isRecord(result)) return null;
  const { contentType, body } = result;
  if (typeof contentType !== "string" || !(body instanceof Uint8Array)) return null;
  return { kind, result: { contentType, body } };
}

function readFailed(end: unknown): Failed | null {
  if (!isRecord(end) || end["kind"] !== "failed") return null;
  const { code, message, retryable } = end;
  const known = jobErrorCodes.find((one) => one === code);
  if (known === undefined || typeof message !== "string") return null;
  return { kind: "failed", code: known, message, retryable: retryable !== false };
}

type Heard = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Heard {
  return typeof value === "object" && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
