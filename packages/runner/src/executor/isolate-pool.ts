// Where handlers run: isolates, each a process that calls one handler at a time. Whatever a handler does to its thread, its
// memory or its process ends its own run and nothing else; which run that was is never a guess. It decides which isolate a
// run gets, when there is another, and when one has had its time; when a run must stop is its run's decision.
import type { ClaimedRun, Clock, Log } from "@ringback/core";
import type { Execution, ExecutionEnd, LongLivedExecutor, Told } from "./executor.ts";
import { startIsolate, type Isolate, type IsolateDeath, type IsolateOptions } from "./isolate.ts";
import type { Report, StrayFault } from "./isolate-words.ts";

export interface IsolatePoolOptions extends Pick<IsolateOptions, "entry" | "args" | "env" | "memoryMb"> {
  /** Runs at once, and therefore isolates; there is one more while one of them is replaced. */
  readonly isolatesMax: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Where handlers' own lines go, with whatever fields they have. */
  readonly handlerLog: Log;
  /** What handlers write to standard error. */
  readonly onErrorOutput: (bytes: Uint8Array) => void;
  readonly limits?: Partial<IsolateLimits>;
}

export interface IsolateLimits {
  /**
   * An isolate is replaced after this many runs, so that what handlers leave behind in it has an end. It goes on until the one
   * that takes its place is ready: to start a process takes longer than many a run.
   */
  readonly runsMax: number;
  /** How long one that is not needed is kept; one always is. */
  readonly idleMs: number;
  /** How long a run waits for the isolates there are before there is another. Short runs need few. */
  readonly growAfterMs: number;
  /** Isolates that start at the same time. */
  readonly startingMax: number;
  /** How long one may take to load its modules. */
  readonly startMs: number;
  /** How long one may take to begin a run; one that does not is blocked by what an earlier run left in it. */
  readonly beginMs: number;
  /** How long a run waits for a place before it is given back as lost. */
  readonly waitMs: number;
}

export const isolateLimits: IsolateLimits = {
  runsMax: 2_000,
  idleMs: 60_000,
  growAfterMs: 100,
  startingMax: 2,
  startMs: 30_000,
  beginMs: 5_000,
  waitMs: 120_000,
};

/** A run in the pool: it waits while `place` is null. */
interface Guest {
  readonly run: number;
  readonly claimed: ClaimedRun;
  readonly told: Told;
  readonly end: (end: ExecutionEnd) => void;
  place: Place | null;
  /** Places it has been given. */
  places: number;
  hasBegun: boolean;
  isOver: boolean;
  forgetWait: () => void;
}

/** An isolate in the pool. */
interface Place {
  readonly isolate: Isolate;
  guest: Guest | null;
  isReady: boolean;
  /** It is to take the place of one that has had its time. */
  isHeir: boolean;
  /** It is being ended, or is not to have another run. */
  isSpent: boolean;
  runs: number;
  /** What it waits for at the moment: to be ready, to begin, to be retired. */
  forgetTimer: () => void;
}

/** A run that none of so many places has begun is given up; it may be what brings them down. */
const placesMax = 3;
const firstRetryMs = 1_000;
const retryMaxMs = 30_000;

export function createIsolatePool(options: IsolatePoolOptions): LongLivedExecutor {
  const { clock, log, isolatesMax } = options;
  const limits: IsolateLimits = { ...isolateLimits, ...options.limits };
  const places = new Set<Place>();
  /** The one used last is used first, so that those above the need retire. */
  const idle: Place[] = [];
  const waiting: Guest[] = [];
  let runs = 0;
  let failedStarts = 0;
  let heirNotBeforeMs = 0;
  let isClosed = false;
  let forgetGrowth: (() => void) | null = null;
  let closing: PromiseWithResolvers<void> | null = null;

  function start(claimed: ClaimedRun, told: Told): Execution {
    const { promise: ended, resolve } = Promise.withResolvers<ExecutionEnd>();
    runs += 1;
    const guest: Guest = {
      run: runs,
      claimed,
      told,
      end: resolve,
      place: null,
      places: 0,
      hasBegun: false,
      isOver: false,
      forgetWait: () => undefined,
    };
    guest.forgetWait = clock.after(limits.waitMs, () => {
      log.error("isolate_not_found", { jobId: claimed.jobId, kind: claimed.job.kind });
      leave(guest, { kind: "lost" });
    });
    waiting.push(guest);
    fill();
    return {
      ended,
      abort(reason) {
        if (guest.place === null) leave(guest, { kind: "canceled" });
        else guest.place.isolate.send({ ringback: "abort", run: guest.run, reason });
      },
      giveUp() {
        if (guest.place?.guest === guest) spend(guest.place);
        leave(guest, { kind: "lost" });
      },
    };
  }

  /** The first word counts; the guest's place is somebody else's business. */
  function leave(guest: Guest, end: ExecutionEnd): void {
    const at = waiting.indexOf(guest);
    if (at >= 0) waiting.splice(at, 1);
    guest.forgetWait();
    guest.isOver = true;
    guest.end(end);
  }

  function fill(): void {
    while (waiting.length > 0) {
      const place = idle.pop();
      const guest = place === undefined ? undefined : waiting.shift();
      if (place === undefined || guest === undefined) break;
      seat(guest, place);
    }
    if (waiting.length > 0) growSoon();
  }

  function seat(guest: Guest, place: Place): void {
    guest.place = place;
    guest.places += 1;
    place.guest = guest;
    place.runs += 1;
    place.forgetTimer();
    place.forgetTimer = clock.after(limits.beginMs, () => {
      log.warn("isolate_blocked", { pid: place.isolate.pid });
      spend(place);
    });
    place.isolate.send({ ringback: "run", run: guest.run, claimed: guest.claimed });
  }

  function growSoon(): void {
    if (forgetGrowth !== null || isClosed) return;
    const delayMs = failedStarts > 0 ? retryMs() : places.size === 0 ? 0 : limits.growAfterMs;
    if (delayMs === 0) grow();
    else
      forgetGrowth = clock.after(delayMs, () => {
        forgetGrowth = null;
        grow();
      });
  }

  const retryMs = (): number => Math.min(retryMaxMs, firstRetryMs * 2 ** (failedStarts - 1));

  function grow(): void {
    const starting = [...places].filter((place) => !place.isReady && !place.isSpent).length;
    let room = Math.min(waiting.length - starting, limits.startingMax - starting, isolatesMax - places.size);
    for (; room > 0 && !isClosed; room -= 1) open({ isHeir: false });
    if (waiting.length > starting && places.size < isolatesMax) growSoon();
  }

  function open({ isHeir }: Pick<Place, "isHeir">): void {
    let place: Place | null = null;
    try {
      const isolate = startIsolate({
        ...options,
        onReport: (report) => place !== null && hear(place, report),
        onGone: (death) => place !== null && bury(place, death),
      });
      const forgetTimer = clock.after(limits.startMs, () => place !== null && spend(place));
      place = { isolate, guest: null, isReady: false, isHeir, isSpent: false, runs: 0, forgetTimer };
      places.add(place);
    } catch (thrown) {
      failToStart(thrown instanceof Error ? thrown.message : "");
    }
  }

  function hear(place: Place, report: Report): void {
    const { guest } = place;
    switch (report.ringback) {
      case "ready":
        place.isReady = true;
        failedStarts = 0;
        if (place.isHeir) succeed();
        settleDown(place);
        return;
      case "not_ready":
        log.error("isolate_not_ready", { error: report.problem });
        return;
      case "log":
        options.handlerLog[report.level](report.event, report.fields);
        return;
      case "fault":
        hearFault(place, report.fault);
        return;
      case "begun":
        if (guest?.run !== report.run || guest.hasBegun) return;
        place.forgetTimer();
        guest.forgetWait();
        guest.hasBegun = true;
        guest.told.begun();
        return;
      case "progress":
        if (guest?.run === report.run) guest.told.progress(report.percent, report.message);
        return;
      case "ended":
        if (guest?.run !== report.run) return;
        place.guest = null;
        guest.place = null;
        leave(guest, report.end);
        settleDown(place);
        return;
    }
  }

  /** What a run that is over left behind and that now throws may hurt the next one, so its place is not used again. */
  function hearFault(place: Place, { owner, errorName, failure }: StrayFault): void {
    const { guest } = place;
    if (owner === null) {
      log.error("isolate_fault", { pid: place.isolate.pid, errorName });
      return;
    }
    log.error("handler_fault", { jobId: owner.jobId, kind: owner.kind, errorName });
    if (guest?.run === owner.run) guest.told.fault(failure);
    else place.isSpent = true;
    if (guest === null) settleDown(place);
  }

  /** A place without a run: for the next one, or at its end. */
  function settleDown(place: Place): void {
    place.forgetTimer();
    if (place.isSpent || isClosed) {
      spend(place);
      return;
    }
    if (place.runs >= limits.runsMax) expectHeir();
    place.forgetTimer = clock.after(limits.idleMs, () => {
      if (idle.length > 1) spend(place);
    });
    idle.push(place);
    fill();
  }

  /** One at a time, since to start a process takes from what the runs need; and not right after one that did not start. */
  function expectHeir(): void {
    if (
      clock.monotonicMs() < heirNotBeforeMs ||
      [...places].some(({ isHeir, isReady }) => isHeir && !isReady)
    )
      return;
    open({ isHeir: true });
  }

  /** The heir is ready: the one with the most runs goes, now or with the end of its run. */
  function succeed(): void {
    const living = [...places].filter(({ isReady, isSpent }) => isReady && !isSpent);
    const [oldest] = living.toSorted((one, other) => other.runs - one.runs);
    if (oldest === undefined || oldest.runs < limits.runsMax) return;
    if (oldest.guest === null) spend(oldest);
    else oldest.isSpent = true;
  }

  function spend(place: Place): void {
    place.isSpent = true;
    const at = idle.indexOf(place);
    if (at >= 0) idle.splice(at, 1);
    place.isolate.kill();
  }

  function bury(place: Place, death: IsolateDeath): void {
    place.forgetTimer();
    places.delete(place);
    const at = idle.indexOf(place);
    if (at >= 0) idle.splice(at, 1);
    if (!place.isReady && !isClosed) failToStart(death.how);
    const { guest } = place;
    if (guest !== null) mourn(guest, death, place);
    if (isClosed && places.size === 0) closing?.resolve();
    fill();
  }

  function mourn(guest: Guest, death: IsolateDeath, place: Place): void {
    const { jobId, job } = guest.claimed;
    place.guest = null;
    guest.place = null;
    if (guest.isOver) return;
    if (!guest.hasBegun && guest.places < placesMax && !isClosed) {
      waiting.unshift(guest);
      return;
    }
    if (!place.isSpent) log.warn("isolate_lost", { jobId, kind: job.kind, reason: death.how });
    const message = `The run used more than ${options.memoryMb} MB of memory.`;
    leave(
      guest,
      death.outOfMemory
        ? { kind: "failed", code: "out_of_memory", message, retryable: true }
        : { kind: "lost" },
    );
  }

  function failToStart(reason: string): void {
    failedStarts += 1;
    heirNotBeforeMs = clock.monotonicMs() + retryMs();
    log.error("isolate_not_started", { reason });
  }

  return {
    name: "isolates",
    start,
    open() {
      if (places.size === 0 && !isClosed) open({ isHeir: false });
    },
    close() {
      isClosed = true;
      forgetGrowth?.();
      closing ??= Promise.withResolvers<void>();
      for (const guest of [...waiting]) leave(guest, { kind: "lost" });
      for (const place of places) spend(place);
      if (places.size === 0) closing.resolve();
      return closing.promise;
    },
  };
}
