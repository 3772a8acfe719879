// Every setting there is, in the order of the README's table (a test compares the two).
import { isIP, isIPv6 } from "node:net";
import { parseApiKey } from "@ringback/core";
import { parseAllowNetworks } from "@ringback/dispatcher";
import { flag, list, oneOf, optionalText, text, wholeNumber, type Parsed } from "./setting.ts";

const keyForm = "rb_live_, 12 characters, _, 38 characters";

export const settings = {
  PORT: wholeNumber({
    unit: "port",
    fallback: 8080,
    min: 0,
    max: 65_535,
    meaning: "Where it listens; 0 takes a free port and prints it.",
  }),
  HOST: text({
    unit: "address",
    fallback: "127.0.0.1",
    meaning: "The address it listens on.",
    read: readHost,
  }),
  DATABASE_URL: optionalText({
    unit: "URL",
    meaning: "Reserved for the scale-out mode on PostgreSQL, which this version does not have yet.",
    read: () => ({
      problem:
        "chooses the scale-out mode on PostgreSQL, which this version does not have yet; unset it to run embedded on SQLite",
    }),
  }),
  RINGBACK_SQLITE_PATH: text({
    unit: "path",
    fallback: "./data/ringback.db",
    meaning: "The database file of the embedded mode; `:memory:` forgets everything at exit.",
    read: (value) => ({ value }),
  }),
  RINGBACK_ROLE: oneOf({
    words: ["all"],
    fallback: "all",
    meaning: "What this process does; the embedded mode is one process that does everything.",
  }),
  RINGBACK_HANDLERS: list({
    unit: "paths",
    meaning:
      "Modules whose default export is a list of job kinds; comma-separated, relative to the working directory (with `npm start` this folder).",
    read: (value) => ({ value }),
  }),
  RINGBACK_ROOT_KEY: optionalText({
    unit: "API key",
    bounds: keyForm,
    meaning:
      "The admin key of the tenant `default`; without it the first start makes one and prints it once.",
    read: readRootKey,
  }),
  RINGBACK_MASTER_KEY: optionalText({
    unit: "base64",
    bounds: "32 bytes",
    meaning:
      "Encrypts signing secrets at rest; without it a key file is made beside the database (mode 0600).",
    read: readMasterKey,
  }),
  RINGBACK_ALLOW_NETWORKS: optionalText({
    unit: "CIDR[:port], …",
    meaning: "Private receivers that may be called, also over http; metadata addresses never.",
    read: (value) => {
      const parsed = parseAllowNetworks(value);
      return "problems" in parsed ? { problem: parsed.problems.join("; ") } : { value: parsed.networks };
    },
  }),
  RINGBACK_ALLOW_HTTP: flag({
    fallback: false,
    meaning: "Lets public receivers be called over plain http too.",
  }),
  RINGBACK_DNS_SERVERS: list({
    unit: "addresses",
    bounds: "IP, IP:port or [IPv6]:port",
    meaning: "Name servers for receivers' names; without them the system's.",
    read: readDnsServer,
  }),
  RINGBACK_PUBLIC_URL: optionalText({
    unit: "URL",
    meaning: "How receivers reach this server, for `resultUrl`; without it the address it listens on.",
    read: readPublicUrl,
  }),
  RINGBACK_LOG_LEVEL: oneOf({
    words: ["debug", "info", "warn", "error", "silent"],
    fallback: "info",
    meaning: "What is logged, as JSON lines on standard error.",
  }),
  RINGBACK_BODY_BYTES_MAX: wholeNumber({
    unit: "bytes",
    fallback: 262_144,
    min: 1_024,
    max: 16_777_216,
    meaning: "The largest request body; above it 413.",
  }),
  RINGBACK_RESULT_BYTES_MAX: wholeNumber({
    unit: "bytes",
    fallback: 1_048_576,
    min: 1_024,
    max: 67_108_864,
    meaning: "The largest result a job may keep; above it the job fails with `result_too_large`.",
  }),
  RINGBACK_RUN_CONCURRENCY: wholeNumber({
    unit: "runs",
    fallback: 20,
    min: 1,
    max: 1_000,
    meaning: "Jobs that run at once in this process.",
  }),
  RINGBACK_LANES_MAX: wholeNumber({
    unit: "lanes",
    fallback: 512,
    min: 1,
    max: 10_000,
    meaning: "Receivers that are called at once by this process.",
  }),
  RINGBACK_LANE_CONCURRENCY: wholeNumber({
    unit: "attempts",
    fallback: 10,
    min: 1,
    max: 1_000,
    meaning: "Attempts in flight to one receiver.",
  }),
  RINGBACK_INTAKE_IN_FLIGHT_MAX: wholeNumber({
    unit: "submissions",
    fallback: 2_000,
    min: 1,
    max: 100_000,
    meaning:
      "Submissions that wait for the database at once in this process; above it 503 and `Retry-After`.",
  }),
  RINGBACK_IDEMPOTENCY_TTL_MS: wholeNumber({
    unit: "ms",
    fallback: 86_400_000,
    min: 60_000,
    max: 604_800_000,
    meaning: "How long an Idempotency-Key is kept.",
  }),
  RINGBACK_DRAIN_DELAY_MS: wholeNumber({
    unit: "ms",
    fallback: 250,
    min: 0,
    max: 5_000,
    meaning: "How long it still takes connections after SIGTERM, while `/readyz` already answers 503.",
  }),
  RINGBACK_DRAIN_MS: wholeNumber({
    unit: "ms",
    fallback: 10_000,
    min: 1_000,
    max: 60_000,
    meaning: "How long runs and attempts may go on after SIGTERM before they are given back.",
  }),
};

function readHost(value: string): Parsed<string> {
  const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value);
  return isIP(value) !== 0 || isName
    ? { value }
    : { problem: `must be an IP address or a host name, not "${value}"` };
}

function readRootKey(value: string): Parsed<string> {
  return parseApiKey(value) === null
    ? { problem: `must have the form of an API key: ${keyForm}` }
    : { value };
}

function readMasterKey(value: string): Parsed<Uint8Array> {
  const bytes = Buffer.from(value, "base64");
  const isCanonical = bytes.toString("base64").replaceAll("=", "") === value.replaceAll("=", "");
  if (isCanonical && bytes.length === 32) return { value: new Uint8Array(bytes) };
  return { problem: "must be 32 bytes in base64; `openssl rand -base64 32` makes one" };
}

function readDnsServer(value: string): Parsed<string> {
  const match = /^(?:\[([^\]]+)\]|([^:]+|[0-9A-Fa-f:]+))(?::(\d{1,5}))?$/.exec(value);
  const address = match?.[1] ?? match?.[2] ?? "";
  const isValid = isIP(value) !== 0 || (isIP(address) !== 0 && Number(match?.[3] ?? 53) <= 65_535);
  return isValid
    ? { value: isIPv6(value) ? `[${value}]` : value }
    : { problem: `"${value}" is not an IP address with an optional port` };
}

function readPublicUrl(value: string): Parsed<string> {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (
    url === null ||
    !["http:", "https:"].includes(url.protocol) ||
    url.search !== "" ||
    url.hash !== "" ||
    url.username !== ""
  ) {
    return { problem: `must be an http or https URL without query, fragment and user, not "${value}"` };
  }
  return { value: url.href.replace(/\/$/, "") };
}
