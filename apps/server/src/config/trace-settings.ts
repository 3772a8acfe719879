// The settings of traces: OpenTelemetry's own names, so that what is set for a whole fleet holds here, too. They are held to the
// same standard as ours: a value that cannot be is named at the start, where other programs ignore it.
import { flag, list, oneOf, optionalText, text, type Parsed } from "./setting.ts";

type Sampler =
  | "always_on"
  | "always_off"
  | "traceidratio"
  | `parentbased_${"always_on" | "always_off" | "traceidratio"}`;
const samplers: readonly Sampler[] = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
];

/** One of a list of `name=value`, both percent-encoded. */
export type NamedValue = readonly [name: string, value: string];

export const traceSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalText({
    unit: "URL",
    meaning:
      "Switches traces on: the collector to which spans are sent, as OTLP over HTTP; `/v1/traces` is added.",
    read: readEndpoint,
  }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: optionalText({
    unit: "URL",
    meaning: "The same with its whole path; it goes before the other.",
    read: readEndpoint,
  }),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf({
    words: ["http/json", "http/protobuf"],
    fallback: "http/json",
    meaning:
      "Spans are sent as JSON either way, which whatever takes OTLP over HTTP takes; gRPC is not spoken.",
  }),
  OTEL_EXPORTER_OTLP_HEADERS: list<NamedValue>({
    unit: "name=value, …",
    meaning: "Headers for the collector, such as its API key; percent-encoded.",
    read: readNamedValue,
  }),
  OTEL_SERVICE_NAME: optionalText({
    unit: "text",
    meaning:
      "What traces call this installation; `ringback` unless `OTEL_RESOURCE_ATTRIBUTES` has a `service.name`.",
    read: (value) => ({ value }),
  }),
  OTEL_RESOURCE_ATTRIBUTES: list<NamedValue>({
    unit: "name=value, …",
    meaning:
      "What else each span says of this process, such as `deployment.environment.name=staging`; percent-encoded.",
    read: readNamedValue,
  }),
  OTEL_TRACES_SAMPLER: oneOf({
    words: samplers,
    fallback: "parentbased_always_on",
    meaning:
      "Which traces are kept. With `parentbased_…` whoever submits decides, by the sampled flag of its `traceparent`, and the rest only where there is none.",
  }),
  OTEL_TRACES_SAMPLER_ARG: text({
    unit: "ratio",
    fallback: "1",
    bounds: "0 … 1",
    meaning: "The part of traces that `traceidratio` and `parentbased_traceidratio` keep.",
    read: readRatio,
  }),
  OTEL_SDK_DISABLED: flag({
    fallback: false,
    meaning: "`true` switches traces off, whatever else is set.",
  }),
};

/** A collector's key may stand in it by mistake, so it is not repeated. */
function readEndpoint(value: string): Parsed<string> {
  const url = URL.parse(value);
  const isPlain = url !== null && url.username === "" && url.password === "" && url.hash === "";
  return isPlain && ["http:", "https:"].includes(url.protocol)
    ? { value: url.href }
    : {
        problem:
          "must be an http or https URL without user and fragment, such as http://127.0.0.1:4318; a key belongs into OTEL_EXPORTER_OTLP_HEADERS",
      };
}

/** Values may be secret, so none is repeated. */
function readNamedValue(item: string): Parsed<NamedValue> {
  const at = item.indexOf("=");
  const name = item.slice(0, Math.max(0, at)).trim();
  const value = decoded(item.slice(at + 1).trim());
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && value !== null && !/[^\u0020-\u007e]/.test(value)
    ? { value: [name, value] }
    : {
        problem:
          "must be a list of name=value, separated by commas, each value percent-encoded printable ASCII",
      };
}

function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

function readRatio(value: string): Parsed<number> {
  const ratio = Number(value);
  return /^\d*\.?\d+$/.test(value) && ratio <= 1
    ? { value: ratio }
    : { problem: `must be a number from 0 to 1, not "${value}"` };
}
