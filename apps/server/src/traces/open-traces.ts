// Whether spans are made: the OpenTelemetry packages are loaded only then, so a start without traces does not pay for them.
import { noTraces } from "@ringback/core";
import type { Config } from "../config/parse-config.ts";
import type { OpenedTraces, TraceParts } from "./otlp-traces.ts";

export async function openTraces(parts: TraceParts): Promise<OpenedTraces> {
  const url = endpointOf(parts.config);
  if (url === null) return { traces: noTraces, close: async () => undefined };
  const { openOtlpTraces } = await import("./otlp-traces.ts");
  return openOtlpTraces(url, parts);
}

/** Where spans go; null when none are made. */
function endpointOf(config: Config): string | null {
  if (config.OTEL_SDK_DISABLED || config.RINGBACK_ROLE === "migrate") return null;
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole, OTEL_EXPORTER_OTLP_ENDPOINT: base } = config;
  if (whole !== null || base === null) return whole;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/traces`;
  return url.href;
}
