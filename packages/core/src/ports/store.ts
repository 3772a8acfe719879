// The store port: every method is one whole atomic transition or one read. No transaction crosses it.
//
// Transitions take and return lists, in the same order; concurrent callers are committed together. Every write for a run
// or a lane is fenced by the token it was claimed with: when the lease has gone to somebody else, the answer is `lost`
// and nothing was written. What a transition decides is a pure function of core (`afterRun`, `afterAttempt`).
// Every method rejects with StoreUnavailable when the store cannot be reached or written; nothing was committed then
// (unless it says otherwise), and the same call may be made again.
import type { EndedAttempt } from "../delivery/after-attempt.ts";
import type { RetryPolicy } from "../delivery/backoff.ts";
import type { DeadLetter, DeadLetterGroup } from "../delivery/dead-letter.ts";
import type { Attempt, AttemptResponse, Delivery, Trigger } from "../delivery/delivery.ts";
import type { DeadLetterFilter, DeliveryFilter } from "../delivery/delivery-filter.ts";
import type { Endpoint, SignatureForm } from "../endpoint/endpoint.ts";
import type { Event } from "../event/event.ts";
import type { FeedRead, FeedRequest } from "../event/feed-read.ts";
import type { RunOutcome } from "../job/after-run.ts";
import type { Job, JobResult, JobStatus, JobWithPayloads } from "../job/job.ts";
import type { Act } from "../tenant/audit.ts";
import type { LanePace } from "../lane/lane-pace.ts";
import type { EndpointStore } from "./endpoint-store.ts";
import type { IntakeStore, JobKey } from "./intake-store.ts";
import type { JobReads } from "./job-reads.ts";
import type { KindStore } from "./kind-store.ts";
import type { HeldLane } from "./lane-server.ts";
import type { OutsideRunStore } from "./outside-runs.ts";
import type { ListPosition, Page, PageRequest } from "./page.ts";
import type { ReplayReads, ReplayStore } from "./replay-store.ts";
import type { CallbackSecret, TenantStore } from "./tenant-store.ts";
import type { Expiry } from "./retention.ts";
import type { SealStore } from "./seal-store.ts";
import type { Instant } from "./time.ts";

export interface Store {
  readonly intake: IntakeStore;
  readonly runs: RunStore;
  readonly lanes: LaneStore;
  readonly support: SupportStore;
  readonly replays: ReplayStore;
  readonly reads: ReadStore;
  readonly tenants: TenantStore;
  readonly kinds: KindStore;
  readonly seals: SealStore;
  /** What has been committed, for those who wait for it. Local to the process; a listener may hear a change twice. */
  readonly changes: Changes;
  /** Makes what was lost due again: runs and lanes whose lease ran out. With `soleHolder`, also those of every other process. */
  recover(options: { readonly now: Instant; readonly soleHolder?: string }): Promise<Recovered>;
  /** What is due and unclaimed; for readiness, and for rings that were lost. At most `limit` lanes, the oldest first. */
  due(now: Instant, limit: number): Promise<Due>;
  /**
   * Deletes what its time is over for, the oldest first: jobs past their `expiresAt` lose their payloads, and later their
   * rows, once nothing refers to them any more. How many rows it
   * dealt with, fewer than `limit` when no more are left.
   */
  expire(expiry: Expiry): Promise<number>;
  close(): Promise<void>;
}

/**
 * Why a store could not do what it was asked: nothing was committed. `other_key`: it takes a master key that is not here, or
 * would seal something while one is missing.
 */
export class StoreUnavailable extends Error {
  readonly code: "busy" | "full" | "unreachable" | "other_key";

  constructor(code: StoreUnavailable["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreUnavailable";
    this.code = code;
  }
}

// ── Runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface RunStore extends OutsideRunStore<RunKey, ClaimedRun> {
  /**
   * Leases due jobs of these kinds; may return fewer than `limit`, also when more are due. The greater priority comes first;
   * within one, tenants take turns; within a tenant, the job that has been due the longest. One whose queue timeout has
   * passed is failed as `queue_timeout` instead.
   */
  claim(options: {
    readonly holder: string;
    readonly kinds: readonly string[];
    readonly limit: number;
    readonly now: Instant;
    readonly leaseMs: number;
    /** The most runs at once of a tenant that has no limit of its own; without it there is no such limit. */
    readonly tenantRunningMax?: number | undefined;
    /** The most runs at once of a kind, over all tenants and processes; kinds that are not named have no limit. */
    readonly kindRunningMax?: Readonly<Record<string, number>> | undefined;
  }): Promise<ClaimedRun[]>;
  /** Extends leases to `now + leaseMs`. */
  extend(
    runs: readonly RunKey[],
    options: { readonly now: Instant; readonly leaseMs: number },
  ): Promise<RunExtension[]>;
  /** Writes the newest progress of runs. */
  reportProgress(items: readonly RunProgress[], now: Instant): Promise<("written" | "lost")[]>;
  /** Applies `afterRun`; with a final status also writes the event, its deliveries and the ring. */
  end(items: readonly RunEnd[], now: Instant): Promise<RunEnded[]>;
  /** Fails queued jobs that did not begin in time, as `queue_timeout`, at most `limit`; how many. */
  failUnstarted(options: { readonly now: Instant; readonly limit: number }): Promise<number>;
  /** Fails queued jobs of kinds not in `kinds` that have been due since before `dueBefore`, as `unknown_kind`. */
  failUnknownKinds(options: {
    readonly kinds: readonly string[];
    readonly dueBefore: Instant;
    readonly now: Instant;
    readonly limit: number;
  }): Promise<number>;
}

export interface RunKey extends JobKey {
  readonly token: number;
}

export interface ClaimedRun extends RunKey {
  readonly job: Job;
  /** Raw JSON text; null when the job has no input. */
  readonly input: string | null;
  readonly runNumber: number;
  readonly runTimeoutMs: number;
  readonly leaseUntil: Instant;
  /** What the job keeps of its submission; runs and attempts belong to its trace. */
  readonly traceparent: string | null;
}

export type RunExtension = "extended" | "cancel_requested" | "lost";

export interface RunProgress extends RunKey {
  readonly percent: number;
  readonly message: string | null;
}

export interface RunEnd extends RunKey {
  readonly outcome: RunOutcome;
}

export type RunEnded = { readonly status: JobStatus } | { readonly status: "lost" };

// ── Lanes and deliveries ────────────────────────────────────────────────────────────────────────────────────────────

export interface LaneStore {
  /** Leases lanes that are due: those in `only`, or any. Paused endpoints' lanes are never due. */
  claim(options: {
    readonly holder: string;
    readonly limit: number;
    readonly now: Instant;
    readonly leaseMs: number;
    readonly only?: readonly { readonly tenantId: string; readonly laneId: string }[];
  }): Promise<HeldLane[]>;
  extend(
    lanes: readonly HeldLane[],
    options: { readonly now: Instant; readonly leaseMs: number },
  ): Promise<("extended" | "lost")[]>;
  /** Gives lanes back and rings those that still have something due. A lane with attempts in flight is recovered as by `recover`. */
  release(lanes: readonly HeldLane[], now: Instant): Promise<void>;
  /**
   * Claims the lane's due deliveries, the oldest due first: the write-ahead record of their next attempts. How many is
   * `claimRoom`'s to say. One whose receiver cannot be read is not returned: its attempt is recorded as `sender_fault` at
   * once, and retried by its policy; one whose secret was sealed with a key that is not here is held.
   */
  claimDeliveries(
    lane: HeldLane,
    options: {
      readonly now: Instant;
      readonly limit: number;
      /** Attempts of the lane that the caller has in flight; none if it does not say. */
      readonly inFlight?: number;
    },
  ): Promise<ClaimedDeliveries>;
  /**
   * Takes back claims whose attempts were never begun: no attempt is recorded, and each is due as it was, or at once when it
   * was to be redelivered meanwhile. The lane stays held and is not rung, since who asks knows that something is due.
   */
  unclaimDeliveries(
    lane: HeldLane,
    items: readonly UnbegunAttempt[],
    now: Instant,
  ): Promise<("unclaimed" | "lost")[]>;
  /**
   * Records ended attempts and applies `afterAttempt` (retry, delivered, or dead with its dead letter) and
   * `afterLaneAttempts` (breaker, warnings, an endpoint that has failed for too long is paused). `gone` pauses the endpoint.
   */
  recordAttempts(items: readonly AttemptRecord[], now: Instant): Promise<("recorded" | "lost")[]>;
}

export type ClaimedDeliveries =
  | {
      readonly kind: "claimed";
      readonly deliveries: readonly ClaimedDelivery[];
      /** How the lane may be served from now on; null when nothing but the dispatcher's own numbers limits it. */
      readonly pace: LanePace | null;
    }
  | { readonly kind: "lost" };

/** A claim whose attempt was never begun. */
export interface UnbegunAttempt {
  readonly deliveryId: string;
  /** The number that the attempt would have had. */
  readonly n: number;
  /** The claim's: a claim made since then is another one. */
  readonly startedAt: Instant;
}

/** All that is needed to send: the receiver as it is configured now, and the event's exact bytes. */
export interface ClaimedDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly jobId: string | null;
  readonly endpointId: string | null;
  readonly body: string;
  /** The number this attempt will have. */
  readonly attempt: number;
  readonly trigger: Trigger;
  readonly startedAt: Instant;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The active signing secrets, newest first; never empty. */
  readonly secrets: readonly string[];
  readonly signature: SignatureForm;
  readonly policy: RetryPolicy;
  readonly timeoutMs: number;
  readonly traceparent: string | null;
}

export interface AttemptRecord {
  readonly lane: HeldLane;
  readonly deliveryId: string;
  readonly attemptId: string;
  readonly n: number;
  /** When it was begun, which may be a moment after its claim. */
  readonly startedAt: Instant;
  readonly durationMs: number;
  /** Without its query. */
  readonly url: string;
  readonly request: Attempt["request"];
  readonly response: AttemptResponse | null;
  readonly ended: EndedAttempt;
  readonly detail: string | null;
  readonly peerAddress: string | null;
  /** The policy the claim showed; it decides the retry. */
  readonly policy: RetryPolicy;
}

// ── Support ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What is done with an `act` is written into the audit in the same transaction; what changes nothing is not. */
export interface SupportStore extends EndpointStore {
  /**
   * Makes deliveries due now, whatever their state, as a manual attempt that takes the place of a pending automatic one.
   * A finished delivery begins a new round of its retry policy; one with an attempt in flight is sent again after it.
   */
  redeliver(
    items: readonly { readonly tenantId: string; readonly deliveryId: string }[],
    now: Instant,
    act?: Act,
  ): Promise<(Delivery | null)[]>;
  /**
   * Takes an open dead letter out of the list, with the act's reason; it may still be redelivered. One that is discarded
   * already stays as it is, and one whose delivery has arrived is `resolved`. Null when there is none.
   */
  discard(
    key: { readonly tenantId: string; readonly deliveryId: string },
    reason: string,
    now: Instant,
    act?: Act,
  ): Promise<"discarded" | "resolved" | null>;
  /** Writes the note of a dead letter, or takes it away; false when there is none such. */
  note(
    key: { readonly tenantId: string; readonly deliveryId: string },
    note: string | null,
    now: Instant,
    act?: Act,
  ): Promise<boolean>;
}

// ── Reads ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface JobFilter {
  /** Leaves out jobs whose `expiresAt` has come at this instant; tombstones are left out anyway. */
  readonly unexpiredAt?: Instant;
  readonly status?: readonly JobStatus[];
  readonly kind?: string;
  readonly createdAfter?: Instant;
  /** All must match, compared as text. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Every read takes the tenant; what is somebody else's is null, as if it did not exist. */
export interface ReadStore extends JobReads, ReplayReads {
  getJob(tenantId: string, jobId: string): Promise<JobWithPayloads | null>;
  /** With inputs and JSON results of at most `inlineResultBytesMax` bytes each; longer ones are left out. */
  listJobs(
    tenantId: string,
    filter: JobFilter,
    page: PageRequest,
  ): Promise<Page<JobWithPayloads, ListPosition>>;
  /** The job that an idempotency key made, and for which request; null when the key is unknown or has expired. */
  findIdempotent(
    tenantId: string,
    key: string,
    now: Instant,
  ): Promise<{ readonly requestHash: string; readonly job: JobWithPayloads } | null>;
  getResult(
    tenantId: string,
    jobId: string,
  ): Promise<{ readonly job: Job; readonly result: JobResult | null } | null>;
  /** The job's own events with `seq` greater than `after`, in order. */
  listJobEvents(
    tenantId: string,
    jobId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<Event[]>;
  /** Null also when it has been deleted. */
  getEndpoint(tenantId: string, endpointId: string): Promise<Endpoint | null>;
  listEndpoints(tenantId: string, page: PageRequest): Promise<Page<Endpoint, ListPosition>>;
  getDelivery(
    tenantId: string,
    deliveryId: string,
  ): Promise<{ readonly delivery: Delivery; readonly attempts: readonly Attempt[] } | null>;
  /** With more than one filter a page may be shorter than its limit, also empty, and `next` all the same not null. */
  listDeliveries(
    tenantId: string,
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Page<Delivery, ListPosition>>;
  getDeadLetter(
    tenantId: string,
    deliveryId: string,
  ): Promise<{ readonly deadLetter: DeadLetter; readonly attempts: readonly Attempt[] } | null>;
  /** The last to die first. With more than one filter as for deliveries. */
  listDeadLetters(
    tenantId: string,
    filter: DeadLetterFilter,
    page: PageRequest,
  ): Promise<Page<DeadLetter, ListPosition>>;
  /** Open dead letters by cause, in no particular order, at most `limit` groups. */
  groupDeadLetters(
    tenantId: string,
    filter: Pick<DeadLetterFilter, "host" | "code" | "httpStatus" | "from" | "until">,
    limit: number,
  ): Promise<readonly DeadLetterGroup[]>;
  /** The tenant's events with `seq` greater than `after`, in commit order, none ever skipped. */
  readFeed(tenantId: string, page: FeedRequest): Promise<FeedRead>;
  /** Those of the tenant's events that some receiver has taken, whatever has become of their deliveries since. */
  takenEvents(tenantId: string, eventIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** The `seq` of the tenant's newest event, also if it is no longer kept; 0 without one. */
  feedHead(tenantId: string): Promise<number>;
  /** The tenant's active callback secrets, newest first. */
  callbackSecrets(tenantId: string, now: Instant): Promise<readonly CallbackSecret[]>;
}

// ── Changes, recovery, due work ─────────────────────────────────────────────────────────────────────────────────────

export type Change =
  | { readonly kind: "event"; readonly tenantId: string }
  | { readonly kind: "job"; readonly tenantId: string; readonly jobId: string }
  | { readonly kind: "replay"; readonly tenantId: string; readonly replayId: string };

export interface Changes {
  /** Calls `listener` after each commit that made one or more changes; returns a function that unsubscribes. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void;
  /**
   * True while no job can change without this process being told, and before whoever changed it is. What was read and has not
   * been told of since is then the present state. False where other processes write, and when it may be that one was not told.
   */
  areComplete(): boolean;
}

export interface Recovered {
  readonly runs: number;
  readonly lanes: number;
  /** Attempts that were in flight and became `outcome_unknown`. */
  readonly attempts: number;
}

export interface Due {
  /** When the oldest due queued job became due; null when none is. */
  readonly jobsSince: Instant | null;
  /** The earliest future due time of a queued job; null when none is waiting. */
  readonly nextJobAt: Instant | null;
  readonly lanes: readonly { readonly tenantId: string; readonly laneId: string; readonly since: Instant }[];
  /** The earliest future due time of a free lane. */
  readonly nextLaneAt: Instant | null;
}
