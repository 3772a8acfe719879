// Every setting there is, in the order of the README's table (a test compares the two).
import { isIP, isIPv6 } from "node:net";
import {
  parseApiKey,
  resultTtlDefaultMs,
  resultTtlMaxMs,
  resultTtlMinMs,
  tombstoneDefaultMs,
} from "@ringback/core";
import { parseAllowNetworks } from "@ringback/dispatcher";
import {
  flag,
  list,
  oneOf,
  optionalText,
  optionalWholeNumber,
  text,
  wholeNumber,
  type Parsed,
} from "./setting.ts";
import { traceSettings } from "./trace-settings.ts";

/** What a process can be for. */
export type Role = "all" | "api" | "runner" | "dispatcher" | "migrate";
const roles: readonly Role[] = ["all", "api", "runner", "dispatcher", "migrate"];

/** From an hour, within which every transaction has ended whatever the clocks say, to ten years. */
const retention = { unit: "ms", fallback: 2_592_000_000, min: 3_600_000, max: 315_360_000_000 };
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
    bounds: "postgres://…",
    meaning:
      "Chooses the scale-out mode: any number of processes on this PostgreSQL, 15 or newer. Not through a pooler that shares connections between transactions.",
    read: readDatabaseUrl,
  }),
  RINGBACK_SQLITE_PATH: text({
    unit: "path",
    fallback: "./data/ringback.db",
    meaning: "The database file of the embedded mode; `:memory:` forgets everything at exit.",
    read: (value) => ({ value }),
  }),
  RINGBACK_ROLE: oneOf({
    words: roles,
    fallback: "all",
    meaning:
      "What this process does: answer requests, run jobs, call receivers, or all of it; `migrate` brings the tables up to date and ends. The embedded mode is one process that does everything.",
  }),
  RINGBACK_MIGRATE_AT_START: flag({
    fallback: true,
    meaning:
      "Scale-out: brings the tables up to date at every start; `false` refuses to start until a process with `RINGBACK_ROLE=migrate` has done it.",
  }),
  RINGBACK_DATABASE_CONNECTIONS: wholeNumber({
    unit: "connections",
    fallback: 5,
    min: 1,
    max: 100,
    meaning:
      "Scale-out: connections of this process for requests, and as many for the work; 5 more are for rings and changes.",
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
      "Encrypts signing secrets at rest. Embedded, a key file is made beside the database without it (mode 0600); scale-out needs it, the same for every process.",
    read: readMasterKey,
  }),
  RINGBACK_FORMER_MASTER_KEYS: list({
    unit: "base64, …",
    bounds: "32 bytes each",
    meaning:
      "Further master keys that open what they have sealed, comma-separated: former ones until nothing needs them, or one that is to be the next.",
    read: (value, at) => {
      const parsed = readMasterKey(value);
      return "problem" in parsed ? { problem: `entry ${at + 1} ${parsed.problem}` } : parsed;
    },
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
    meaning:
      "How receivers reach this installation, for `resultUrl`; without it the address this process listens on.",
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
  RINGBACK_BATCH_JOBS_MAX: wholeNumber({
    unit: "jobs",
    fallback: 500,
    min: 1,
    max: 1_000,
    meaning: "The most jobs in one batch; above it 422.",
  }),
  RINGBACK_BATCH_BYTES_MAX: wholeNumber({
    unit: "bytes",
    fallback: 4_194_304,
    min: 1_024,
    max: 67_108_864,
    meaning: "The largest body of a batch; above it 413.",
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
  RINGBACK_RUN_MEMORY_MB: wholeNumber({
    unit: "MB",
    fallback: 512,
    min: 192,
    max: 65_536,
    meaning:
      "Memory of the process that a handler runs in, 128 of it Node's own; above it the run fails with `out_of_memory`.",
  }),
  RINGBACK_LEASE_MS: wholeNumber({
    unit: "ms",
    fallback: 30_000,
    min: 2_000,
    max: 300_000,
    meaning:
      "How long what a process that died was doing waits for another one; leases are extended three times as often.",
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
  RINGBACK_REQUESTS_PER_MINUTE: wholeNumber({
    unit: "requests",
    fallback: 60_000,
    min: 1,
    max: 100_000_000,
    meaning: "Requests of one API key in a minute, in this process; above it 429 `rate-limited`.",
  }),
  RINGBACK_TENANT_UNFINISHED_MAX: wholeNumber({
    unit: "jobs",
    fallback: 100_000,
    min: 0,
    max: 100_000_000,
    meaning: "Queued and running jobs of one tenant; above it 429 `quota-exceeded`.",
  }),
  RINGBACK_TENANT_RUNNING_MAX: optionalWholeNumber({
    unit: "runs",
    min: 1,
    max: 1_000_000,
    meaning:
      "Jobs of one tenant that run at once, over all processes; without it as many as there are slots.",
  }),
  RINGBACK_BACKLOG_MAX: wholeNumber({
    unit: "jobs",
    fallback: 1_000_000,
    min: 1,
    max: 1_000_000_000,
    meaning: "Queued and running jobs of all tenants together; above it 503 `overloaded`.",
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
  RINGBACK_EVENT_RETENTION_MS: wholeNumber({
    ...retention,
    meaning:
      "How long an event is in the feed; an older cursor is answered with 410. It is kept for longer while a delivery needs it.",
  }),
  RINGBACK_DELIVERY_RETENTION_MS: wholeNumber({
    ...retention,
    meaning: "How long a delivery is kept, with its attempts, after it was delivered or canceled.",
  }),
  RINGBACK_DEAD_LETTER_RETENTION_MS: wholeNumber({
    ...retention,
    meaning: "How long a dead letter is kept, with its delivery and attempts, after it died unresolved.",
  }),
  RINGBACK_ATTEMPT_BODY_RETENTION_MS: wholeNumber({
    ...retention,
    meaning:
      "How long the bodies are kept that receivers answered with, after their delivery has finished; its attempts stay.",
  }),
  RINGBACK_REPLAY_RETENTION_MS: wholeNumber({
    ...retention,
    meaning: "How long a replay is kept after it was completed or canceled.",
  }),
  RINGBACK_RESULT_TTL_MS: wholeNumber({
    unit: "ms",
    fallback: resultTtlDefaultMs,
    min: resultTtlMinMs,
    max: resultTtlMaxMs,
    meaning:
      "How long input and result are kept after a job's end when it has no `resultTtlMs`; then its paths answer 410.",
  }),
  RINGBACK_TOMBSTONE_MS: wholeNumber({
    unit: "ms",
    fallback: tombstoneDefaultMs,
    min: 60_000,
    max: 31_536_000_000,
    meaning: "How long the paths of an expired job answer 410 with how it ended; then 404.",
  }),
  RINGBACK_WAITERS_MAX: wholeNumber({
    unit: "requests",
    fallback: 10_000,
    min: 1,
    max: 100_000,
    meaning: "Long polls and event streams open at once in this process; beyond it polls answer at once.",
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
  ...traceSettings,
};

/** Its password must not get into a problem. */
function readDatabaseUrl(value: string): Parsed<string> {
  const isPostgres = URL.canParse(value) && ["postgres:", "postgresql:"].includes(new URL(value).protocol);
  return isPostgres
    ? { value }
    : { problem: "must be a URL like postgres://user:password@host:5432/database; unset it to run embedded" };
}

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
