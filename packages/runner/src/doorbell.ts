// The embedded doorbell: rings that are due are answered at once, those to come on one timer. It remembers no work:
// what it drops (too far away, too many) the sweep finds in the rows.
import type { Clock, Doorbell, Instant, Ring } from "@ringback/core";

export interface TimerDoorbellOptions {
  readonly clock: Clock;
}

/** Rings further away than this are left to the sweep. */
const horizonMs = 60_000;
/** Rings remembered at most, due and armed together. */
const ringsMax = 10_000;
/** Jobs due within one such step are rung for together, at its end. */
const jobsStepMs = 20;

interface ArmedRing {
  readonly ring: Ring;
  readonly at: Instant;
}

export function createTimerDoorbell(options: TimerDoorbellOptions): Doorbell {
  const { clock } = options;
  const due = new Map<string, Ring>();
  const armed = new Map<string, ArmedRing>();
  let answer: ((ring: Ring) => void) | null = null;
  let timer: { readonly at: Instant; readonly forget: () => void } | null = null;
  let isAnswering = false;

  function ring(rings: readonly Ring[]): void {
    const now = clock.now();
    for (const one of rings) {
      if (one.kind === "cancel" || one.at <= now) makeDue(one);
      else if (one.at - now <= horizonMs) arm(one, one.at);
    }
    if (due.size > 0) answerSoon();
  }

  function makeDue(one: Ring): void {
    const key = keyOf(one);
    if (due.has(key) || due.size < ringsMax) due.set(key, one);
  }

  /** The earliest ring of a key wins: whoever answers it looks at the row and finds what else is to come. */
  function arm(one: Ring, ringAt: Instant): void {
    const at = one.kind === "jobs" ? Math.ceil(ringAt / jobsStepMs) * jobsStepMs : ringAt;
    const key = one.kind === "jobs" ? `jobs ${at}` : keyOf(one);
    const known = armed.get(key);
    if (known === undefined ? armed.size >= ringsMax : at >= known.at) return;
    armed.set(key, { ring: one, at });
    wakeAt(at);
  }

  /** A fresh microtask, so that a store that rings inside its commit never finds itself called back. */
  function answerSoon(): void {
    if (isAnswering || answer === null) return;
    isAnswering = true;
    queueMicrotask(() => {
      isAnswering = false;
      const rings = [...due.values()];
      due.clear();
      for (const one of rings) answer?.(one);
    });
  }

  function wakeAt(at: Instant): void {
    if (answer === null || (timer !== null && timer.at <= at)) return;
    timer?.forget();
    timer = { at, forget: clock.after(Math.max(0, at - clock.now()), wake) };
  }

  function wake(): void {
    timer = null;
    const now = clock.now();
    for (const [key, one] of armed) {
      if (one.at > now) continue;
      armed.delete(key);
      makeDue(one.ring);
    }
    if (due.size > 0) answerSoon();
    wakeAtEarliest();
  }

  function wakeAtEarliest(): void {
    let earliest = Number.POSITIVE_INFINITY;
    for (const one of armed.values()) earliest = Math.min(earliest, one.at);
    if (armed.size > 0) wakeAt(earliest);
  }

  return {
    ring,
    async start(answerRing) {
      if (answer !== null) throw new Error("The doorbell has been started already.");
      answer = answerRing;
      if (due.size > 0) answerSoon();
      wakeAtEarliest();
    },
    // There is nobody else.
    passOn: () => undefined,
    async stop() {
      answer = null;
      timer?.forget();
      timer = null;
      due.clear();
      armed.clear();
    },
  };
}

function keyOf(ring: Ring): string {
  if (ring.kind === "jobs") return "jobs";
  return ring.kind === "lane"
    ? `lane ${ring.tenantId} ${ring.laneId}`
    : `cancel ${ring.tenantId} ${ring.jobId}`;
}
