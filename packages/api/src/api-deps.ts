// What the api is given: the ports it calls, and the limits it holds.
import {
  resultTtlDefaultMs,
  tombstoneDefaultMs,
  type AddressGuard,
  type Clock,
  type Kinds,
  type Log,
  type Random,
  type Retention,
  type Store,
  type Traces,
} from "@ringback/core";
import type { TokenKeys } from "./tokens/sealed-text.ts";

export interface ApiSettings {
  /** Largest request body, in bytes. */
  readonly bodyBytesMax: number;
  /** How long an Idempotency-Key stands for its job, in milliseconds. */
  readonly idempotencyTtlMs: number;
  /** Submissions that may be under way in the store at once; above it 503. */
  readonly intakeInFlightMax: number;
  /** How long input and result of a job are kept after its end when it does not say, in milliseconds. */
  readonly resultTtlMs: number;
  /** How long an expired job still answers 410, in milliseconds. */
  readonly tombstoneMs: number;
  /** How long what is over is kept, as the runner deletes it: readers are told when it will be gone. */
  readonly retention: Pick<Retention, "eventsMs" | "deliveriesMs" | "deadLettersMs" | "replaysMs">;
  /** Lines of one export, after which it says where to go on. */
  readonly exportLinesMax: number;
  /** Most jobs in one batch, and its largest body in bytes. */
  readonly batchJobsMax: number;
  readonly batchBytesMax: number;
  /** Largest result of a job that is worked or finished outside, in bytes. */
  readonly resultBytesMax: number;
  /** How long the link in a callback opens such a result, in milliseconds. */
  readonly resultTokenTtlMs: number;
  /** How long a lease holds without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /** Largest page of a list. */
  readonly listLimitMax: number;
  /** Requests that may wait at once (long polls and event streams), in this process and for one tenant. */
  readonly waitersMax: number;
  readonly waitersPerTenantMax: number;
  /** Jobs of which it is remembered, between two polls, how they stand. */
  readonly polledJobsMax: number;
  /** How often what is waited for is looked at in case a change was not heard of, in milliseconds. */
  readonly relookMs: number;
  /** How often an idle event stream says that it is alive, in milliseconds. */
  readonly streamHeartbeatMs: number;
  /** The tenant whose `admin` keys manage tenants, and the keys of all of them. */
  readonly operatorTenantId: string;
  /** Requests of one key in a minute, in this process; a tenant may have a number of its own. */
  readonly requestsPerMinute: number;
  /** Requests without a valid key from one address in a minute, in this process. */
  readonly authFailuresPerMinute: number;
  /** Unfinished jobs of one tenant; a tenant may have a number of its own. */
  readonly tenantUnfinishedMax: number;
  /** Unfinished jobs of all tenants together. */
  readonly backlogMax: number;
  /** Runs of one tenant at once, as the runner holds it; null for no limit. Shown only. */
  readonly tenantRunningMax: number | null;
}

const monthMs = 30 * 86_400_000;

export const apiDefaults: ApiSettings = {
  bodyBytesMax: 256 * 1_024,
  idempotencyTtlMs: 24 * 3_600_000,
  intakeInFlightMax: 2_000,
  resultTtlMs: resultTtlDefaultMs,
  tombstoneMs: tombstoneDefaultMs,
  retention: { eventsMs: monthMs, deliveriesMs: monthMs, deadLettersMs: monthMs, replaysMs: monthMs },
  exportLinesMax: 100_000,
  batchJobsMax: 500,
  batchBytesMax: 4 * 1_048_576,
  resultBytesMax: 1_048_576,
  resultTokenTtlMs: 7 * 24 * 3_600_000,
  leaseMs: 30_000,
  listLimitMax: 200,
  waitersMax: 10_000,
  waitersPerTenantMax: 2_000,
  polledJobsMax: 10_000,
  relookMs: 10_000,
  streamHeartbeatMs: 15_000,
  operatorTenantId: "default",
  requestsPerMinute: 60_000,
  authFailuresPerMinute: 60,
  tenantUnfinishedMax: 100_000,
  backlogMax: 1_000_000,
  tenantRunningMax: null,
};

export interface ApiDeps {
  readonly store: Store;
  readonly kinds: Kinds;
  readonly guard: AddressGuard;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Without it nothing is traced, and a submission's `traceparent` is kept as it came. */
  readonly traces?: Traces;
  /** Ringback's own version, for `/healthz`. */
  readonly version: string;
  /** They seal cursors, result links, and the tokens of leases and completions. */
  readonly tokenKeys: TokenKeys;
  /** Where clients reach this installation, e.g. `https://ringback.example.com`. */
  readonly publicUrl: () => string;
  /** Why a custom header cannot be sent, or null. */
  readonly headerProblem: (name: string, value: string) => string | null;
  /** Whether this process should be given requests, and what it looked at. */
  readonly readiness: () => Promise<Readiness>;
  /** The process's figures in Prometheus' text format. */
  readonly metrics: () => Promise<string>;
  /**
   * The address a request came from, as the server's own `env` tells it; null when it does not. Without this function failed
   * authentications are not limited.
   */
  readonly peerAddress?: (env: unknown) => string | null;
  /** `probes`: only what needs no key, and the metrics, for a process that takes no requests. */
  readonly serves?: "everything" | "probes";
  /** What is left out is `apiDefaults`. */
  readonly settings?: Partial<ApiSettings>;
}

export interface Readiness {
  readonly ready: boolean;
  /** What was looked at, and how it is: one short text each. */
  readonly checks: Readonly<Record<string, string>>;
}
