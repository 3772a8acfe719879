// Works replays: claims those that have something to do, and takes one step after another until each is over or lost.
//
// All that a replay is stands in its row, also its rate; so it makes no difference which process takes the next step.
import type { Changes, Clock, HeldReplay, Log, ReplayStep, Store } from "@ringback/core";
import type { RunnerSettings } from "./settings.ts";

export interface ReplayPumpOptions {
  readonly replays: Pick<Store["replays"], "claim" | "step" | "release">;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  readonly holder: string;
  readonly settings: Pick<RunnerSettings, "leaseMs" | "sweepMs" | "soleHolder">;
}

export interface ReplayPump {
  readonly name: "replay-pump";
  start(): void;
  /** Begins no other step; resolves when the present ones are over and what was held is given back. */
  stop(): Promise<void>;
  /** Replays that are held. */
  readonly size: number;
}

/** Replays held at once; one costs a timer. */
const heldMax = 100;
/** Items of one step: about 20 ms in which the store is busy with it. */
const itemsAtOnceMax = 500;
/** Least time between two steps that make something: a few items each cost less together. */
const stepMinMs = 250;
/** While nothing becomes of what is under way, it is looked at less and less often. */
const lookMaxMs = 2_000;
const faultMs = 1_000;

export function createReplayPump(options: ReplayPumpOptions): ReplayPump {
  const { replays, changes, clock, log, holder, settings } = options;
  const { leaseMs } = settings;
  const held = new Map<string, HeldReplay>();
  const working = new Set<Promise<void>>();
  const waking = new Set<() => void>();
  let isStopped = true;
  let isLooking = false;
  let isRung = false;
  let unsubscribe = (): void => undefined;
  let forgetLook = (): void => undefined;

  /** Single-flight: what changes meanwhile is looked for once more. */
  async function look(): Promise<void> {
    if (isLooking) {
      isRung = true;
      return;
    }
    isLooking = true;
    do {
      isRung = false;
      await claim();
    } while (isRung && !isStopped);
    isLooking = false;
  }

  async function claim(): Promise<void> {
    const limit = heldMax - held.size;
    if (isStopped || limit <= 0) return;
    try {
      // What this process holds itself is nobody else's, so nobody waits for it.
      const soleHolder = settings.soleHolder;
      for (const one of await replays.claim({ holder, limit, now: clock.now(), leaseMs, soleHolder }))
        begin(one);
    } catch (thrown) {
      warn("replay_claim_failed", thrown);
    }
  }

  function begin(one: HeldReplay): void {
    held.set(keyOf(one), one);
    const work = workOn(one).finally(() => {
      working.delete(work);
      // Claimed again meanwhile, it is held by its newer token.
      if (held.get(keyOf(one)) === one) held.delete(keyOf(one));
    });
    working.add(work);
  }

  async function workOn(one: HeldReplay): Promise<void> {
    let lookMs = stepMinMs;
    while (!isStopped) {
      const step = await stepOf(one);
      if (step !== null && step.kind !== "working") return;
      if (step?.goesOn === "at_once") continue;
      lookMs = step?.changed === false ? Math.min(lookMaxMs, lookMs * 2) : stepMinMs;
      await pause(step === null ? faultMs : delayOf(step, lookMs));
    }
    await replays.release(one).catch((thrown: unknown) => warn("replay_release_failed", thrown));
  }

  /** Null when the store did not answer: the lease decides how long that may go on. */
  async function stepOf(one: HeldReplay): Promise<ReplayStep | null> {
    try {
      return await replays.step(one, { now: clock.now(), leaseMs, limit: itemsAtOnceMax });
    } catch (thrown) {
      warn("replay_step_failed", thrown);
      return null;
    }
  }

  function delayOf({ goesOn }: ReplayStep & { readonly kind: "working" }, lookMs: number): number {
    return typeof goesOn === "object" ? Math.max(stepMinMs, goesOn.at - clock.now()) : lookMs;
  }

  /** Ends early when the pump stops. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        forget();
        waking.delete(wake);
        resolve();
      };
      const forget = clock.after(Math.min(ms, leaseMs / 3), wake);
      waking.add(wake);
    });
  }

  function warn(event: string, thrown: unknown): void {
    log.warn(event, { errorName: thrown instanceof Error ? thrown.name : typeof thrown });
  }

  function lookNowAndThen(): void {
    void look();
    forgetLook = clock.after(settings.sweepMs, lookNowAndThen);
  }

  return {
    name: "replay-pump",
    start() {
      isStopped = false;
      unsubscribe = changes.subscribe((heard) => {
        if (heard.some(({ kind }) => kind === "replay")) void look();
      });
      lookNowAndThen();
    },
    async stop() {
      isStopped = true;
      unsubscribe();
      forgetLook();
      for (const wake of waking) wake();
      await Promise.all(working);
    },
    get size() {
      return held.size;
    },
  };
}

function keyOf({ tenantId, replayId }: HeldReplay): string {
  return `${replayId} ${tenantId}`;
}
