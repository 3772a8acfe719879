// Keeps the leases of everything this process holds: extends them in batches, and treats as lost what it cannot extend.
// Whether a lease is gone is the store's word; only when the store does not answer does the monotonic clock decide.
import type { Clock, HeldLane, Log, RunExtension, RunKey, Store } from "@ringback/core";
import type { RunnerSettings } from "./settings.ts";

/** Something held by lease: a run or a turn at a lane. */
export interface Lease<Key> {
  readonly key: Key;
  /** Until when it certainly holds, by the monotonic clock. */
  endsMs: number;
  lose(): void;
}

export interface RunLease extends Lease<RunKey> {
  cancel(): void;
}

export interface LeaseKeeperOptions {
  readonly store: Pick<Store, "runs" | "lanes">;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: RunnerSettings;
  /** What is held at the moment. */
  readonly runs: () => readonly RunLease[];
  readonly lanes: () => readonly Lease<HeldLane>[];
}

export interface LeaseKeeper {
  readonly name: "lease-keeper";
  start(): void;
  /** Extends nothing more. */
  stop(): void;
  /** One heartbeat; false when the store could not be asked. Callers at the same time share it. */
  runOnce(): Promise<boolean>;
  /**
   * Extends first what a recovery would take for lapsed although it is alive: after the wall clock has jumped ahead, or
   * the process was held up. Rejects when it cannot, so that nobody recovers then.
   */
  beforeRecovery(): Promise<void>;
}

/** A wall clock that gains more than this on the monotonic one between two looks has jumped. */
const jumpMinMs = 1_000;
/** How long before the end of a lease the store is asked a last time. */
const fenceLeadMs = 250;

export function createLeaseKeeper(options: LeaseKeeperOptions): LeaseKeeper {
  const { store, clock, log, settings } = options;
  let beating: Promise<boolean> | null = null;
  let forgetBeat: (() => void) | null = null;
  let forgetAsking: (() => void) | null = null;
  let forgetDeciding: (() => void) | null = null;
  let isDeciding = false;
  let isStarted = false;
  let beatenMs = clock.monotonicMs();
  let driftMs = clock.now() - beatenMs;

  function runOnce(): Promise<boolean> {
    beating ??= beat().finally(() => {
      beating = null;
    });
    return beating;
  }

  async function beat(): Promise<boolean> {
    armAsking();
    const startedMs = clock.monotonicMs();
    const nowDriftMs = clock.now() - startedMs;
    const [runs, lanes] = await Promise.all([extendRuns(startedMs), extendLanes(startedMs)]);
    if (!runs || !lanes) return false;
    beatenMs = startedMs;
    driftMs = nowDriftMs;
    return true;
  }

  function extendRuns(startedMs: number): Promise<boolean> {
    return extend({
      what: "runs",
      startedMs,
      leases: options.runs(),
      ask: (keys: readonly RunKey[], until) => store.runs.extend(keys, until),
      tell: (lease: RunLease, answer: RunExtension) => {
        if (answer === "cancel_requested") lease.cancel();
      },
    });
  }

  function extendLanes(startedMs: number): Promise<boolean> {
    return extend({
      what: "lanes",
      startedMs,
      leases: options.lanes(),
      ask: (keys: readonly HeldLane[], until) => store.lanes.extend(keys, until),
      tell: () => undefined,
    });
  }

  async function extend<Key, Held extends Lease<Key>, Answer extends string>(batch: {
    readonly what: "runs" | "lanes";
    readonly startedMs: number;
    readonly leases: readonly Held[];
    readonly ask: (
      keys: readonly Key[],
      until: { readonly now: number; readonly leaseMs: number },
    ) => Promise<readonly (Answer | "lost")[]>;
    readonly tell: (lease: Held, answer: Answer | "lost") => void;
  }): Promise<boolean> {
    const { leases, startedMs, what } = batch;
    if (leases.length === 0) return true;
    const keys = leases.map((lease) => lease.key);
    try {
      const answers = await batch.ask(keys, { now: clock.now(), leaseMs: settings.leaseMs });
      for (const [at, lease] of leases.entries()) {
        const answer = answers[at] ?? "lost";
        if (answer === "lost") {
          lease.lose();
          continue;
        }
        lease.endsMs = startedMs + settings.leaseMs;
        batch.tell(lease, answer);
      }
      return true;
    } catch (thrown) {
      log.warn("leases_not_extended", {
        what,
        count: leases.length,
        errorName: thrown instanceof Error ? thrown.name : typeof thrown,
      });
      return false;
    }
  }

  /** Wakes shortly before the first lease runs out, in case no answer has extended it by then. */
  function armAsking(): void {
    forgetAsking?.();
    forgetAsking = null;
    const held = [...options.runs(), ...options.lanes()];
    if (!isStarted || isDeciding || held.length === 0) return;
    const endsMs = held.reduce(
      (earliest, lease) => Math.min(earliest, lease.endsMs),
      Number.POSITIVE_INFINITY,
    );
    forgetAsking = clock.after(Math.max(0, endsMs - fenceLeadMs - clock.monotonicMs()), askOnceMore);
  }

  /**
   * A process that was only held up is still believed by the store. One whose store does not answer must assume, at the
   * end of a lease, that somebody else has what it held.
   */
  function askOnceMore(): void {
    isDeciding = true;
    forgetDeciding = clock.after(fenceLeadMs, fence);
    void runOnce();
  }

  function fence(): void {
    isDeciding = false;
    const nowMs = clock.monotonicMs();
    const expired = [...options.runs(), ...options.lanes()].filter((lease) => lease.endsMs <= nowMs);
    if (expired.length > 0) log.error("leases_ran_out", { count: expired.length });
    for (const lease of expired) lease.lose();
    armAsking();
  }

  function armBeat(): void {
    forgetBeat = clock.after(settings.heartbeatMs, () => {
      armBeat();
      void runOnce();
    });
  }

  return {
    name: "lease-keeper",
    start() {
      isStarted = true;
      armBeat();
    },
    stop() {
      isStarted = false;
      forgetBeat?.();
      forgetAsking?.();
      forgetDeciding?.();
    },
    runOnce,
    async beforeRecovery() {
      const nowMs = clock.monotonicMs();
      const hasJumped = clock.now() - nowMs - driftMs > jumpMinMs;
      const wasHeldUp = nowMs - beatenMs > settings.heartbeatMs * 1.5;
      if ((hasJumped || wasHeldUp) && !(await runOnce())) {
        throw new Error("The leases could not be extended before a recovery.");
      }
    },
  };
}
