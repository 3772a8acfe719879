// A handler's log on its way out of an isolate: bounded in lines, fields and length, since the runner's thread writes it.
import type { Clock, Log, LogFields } from "@ringback/core";
import { boundedText } from "../bounded-text.ts";
import type { LogLevel, Report } from "./isolate-words.ts";

export interface LogGateOptions {
  readonly clock: Clock;
  readonly send: (report: Report) => void;
}

/** Lines in a second; those above are counted and told as one. */
export const logLinesMax = 200;
const windowMs = 1_000;
const eventBytesMax = 200;
const fieldsMax = 32;
const fieldBytesMax = 2_048;

export function createLogGate({ clock, send }: LogGateOptions): Log {
  let lines = 0;
  let dropped = 0;
  let isCounting = false;

  function write(level: LogLevel, event: unknown, fields: LogFields | undefined): void {
    if (!isCounting) count();
    lines += 1;
    if (lines > logLinesMax) dropped += 1;
    else
      send({
        ringback: "log",
        level,
        event: boundedText(String(event), eventBytesMax),
        fields: plain(fields),
      });
  }

  function count(): void {
    isCounting = true;
    clock.after(windowMs, () => {
      isCounting = false;
      const count = dropped;
      [lines, dropped] = [0, 0];
      if (count > 0) send({ ringback: "log", level: "warn", event: "log_lines_dropped", fields: { count } });
    });
  }

  const at =
    (level: LogLevel) =>
    (event: string, fields?: LogFields): void =>
      write(level, event, fields);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Only what can cross the border and has a bound; the last fields are the run's own and always kept. */
function plain(fields: LogFields | undefined): LogFields {
  const entries = Object.entries(fields ?? {}).slice(-fieldsMax);
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(0, 100), plainValue(value)]));
}

function plainValue(value: unknown): LogFields[string] {
  if (typeof value === "string") return boundedText(value, fieldBytesMax);
  if (value === undefined || value === null || typeof value === "number" || typeof value === "boolean")
    return value;
  return typeof value === "bigint" ? boundedText(String(value), fieldBytesMax) : `(${typeof value})`;
}
