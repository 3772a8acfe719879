// The call of one handler: its input parsed and checked, its result encoded. The same in this thread and in an isolate.
import {
  endsLater,
  type ClaimedRun,
  type InputProblem,
  type Kinds,
  type Log,
  type LogFields,
  type RunContext,
} from "@ringback/core";
import { boundedText } from "../bounded-text.ts";
import { encodeResult } from "../result.ts";
import { errorMessageBytesMax } from "../thrown-value.ts";
import type { ExecutionEnd, Failed } from "./executor.ts";

export interface HandlerRoom {
  readonly kinds: Kinds;
  /** The largest result that is kept. */
  readonly resultBytesMax: number;
}

/** Rejects with whatever the handler throws. */
export async function callHandler(
  claimed: ClaimedRun,
  context: RunContext,
  { kinds, resultBytesMax }: HandlerRoom,
): Promise<ExecutionEnd> {
  const kind = kinds.get(claimed.job.kind);
  if (kind === undefined)
    return refused("unknown_kind", `No handler for the kind "${claimed.job.kind}" is loaded.`);
  const input = parseInput(claimed.input);
  if (!input.ok) return refused("input_invalid", "The input is not JSON.");
  const checked = await kind.checkInput(input.value);
  if (!checked.ok) return refused("input_invalid", inputMessage(checked.problems));
  if (context.signal.aborted) return { kind: "canceled" };
  const value = await kind.definition.run(checked.value, context);
  if (context.signal.aborted) return { kind: "canceled" };
  if (value === endsLater && context.completion !== undefined) return { kind: "handed_over" };
  const encoded = encodeResult(value, resultBytesMax);
  return encoded.ok ? { kind: "succeeded", result: encoded.result } : refused(encoded.code, encoded.message);
}

/** A job without input gives its handler undefined. */
function parseInput(
  text: string | null,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  try {
    return { ok: true, value: text === null ? undefined : JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

/** Failures that another run could not end better. */
function refused(code: Failed["code"], message: string): ExecutionEnd {
  return { kind: "failed", code, message: boundedText(message, errorMessageBytesMax), retryable: false };
}

function inputMessage(problems: readonly InputProblem[]): string {
  const all = problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return `The input does not fit its kind: ${all.join("; ")}`;
}

/** A handler's log: its lines say which run they are of, and cannot say otherwise. */
export function logOfRun(claimed: ClaimedRun, log: Log): Log {
  const own = { jobId: claimed.jobId, kind: claimed.job.kind, run: claimed.runNumber };
  const withOwn = (fields: LogFields | undefined): LogFields => ({ ...fields, ...own });
  return {
    debug: (event, fields) => log.debug(event, withOwn(fields)),
    info: (event, fields) => log.info(event, withOwn(fields)),
    warn: (event, fields) => log.warn(event, withOwn(fields)),
    error: (event, fields) => log.error(event, withOwn(fields)),
  };
}
