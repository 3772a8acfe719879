// Structured logs: JSON lines of pino on standard error. Only listed fields get through, so that no payload ever does.
import { destination, pino, type DestinationStream, type LevelWithSilent } from "pino";
import type { Log, LogFields } from "@ringback/core";

/** Identifiers, counts, durations and codes: things that can stand in a log without telling anything about a payload. */
const listed: ReadonlySet<string> = new Set([
  "attempt",
  "attempts",
  "bytes",
  "code",
  "count",
  "deliveryId",
  "durationMs",
  "endpointId",
  "error",
  "errorName",
  "eventId",
  "eventType",
  "file",
  "handlers",
  "holder",
  "host",
  "jobId",
  "kid",
  "kind",
  "kinds",
  "laneId",
  "lanes",
  "limit",
  "method",
  "mode",
  "offsetMs",
  "outcome",
  "path",
  "pid",
  "reason",
  "requestId",
  "retryAt",
  "role",
  "rule",
  "run",
  "runs",
  "signal",
  "status",
  "tenantId",
  "url",
  "version",
  "what",
]);

export interface LogOptions {
  readonly level: LevelWithSilent;
  /** `listed`: only fields known to be harmless, for our own lines. `any`: a handler's, which are its author's to choose. */
  readonly fields: "listed" | "any";
  /** Where the lines go; standard error unless told. */
  readonly stream?: DestinationStream;
}

export function createLog(options: LogOptions): Log {
  const { level, fields: allowed, stream = destination({ fd: 2, sync: true }) } = options;
  const logger = pino(
    { level, base: null, messageKey: "event", formatters: { level: (label) => ({ level: label }) } },
    stream,
  );
  const shown = (fields: LogFields | undefined): LogFields =>
    allowed === "any" ? { ...fields } : onlyListed(fields);
  return {
    debug: (event, fields) => logger.debug(shown(fields), event),
    info: (event, fields) => logger.info(shown(fields), event),
    warn: (event, fields) => logger.warn(shown(fields), event),
    error: (event, fields) => logger.error(shown(fields), event),
  };
}

function onlyListed(fields: LogFields | undefined): LogFields {
  const kept: Record<string, LogFields[string]> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (listed.has(name))
      kept[name] = name === "url" && typeof value === "string" ? value.replace(/\?.*$/s, "?…") : value;
  }
  return kept;
}
