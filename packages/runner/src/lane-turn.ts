// One turn at a lane, from its claim to its release: the two signals, and the answer to "is there more?".
// It knows nothing of other lanes; the lane pump tells it when the turn is over or its slot is wanted.
import type { Clock, HeldLane, LaneTurn } from "@ringback/core";
import type { Lease } from "./lease-keeper.ts";

export interface HeldTurnOptions {
  readonly lane: HeldLane;
  readonly clock: Clock;
  readonly lingerMs: number;
  /** While attempts are in flight, the turn looks this often without a ring: the sweep passes over lanes that are held. */
  readonly lookMs: number;
  /** When the lease ends, by the monotonic clock. */
  readonly endsMs: number;
  /** True while another lane waits for a slot. */
  readonly othersWait: () => boolean;
  /** Called when a turn that was as good as over goes on after all, so that somebody else's is to end for those who wait. */
  readonly resumed: () => void;
}

export interface HeldTurn extends Lease<HeldLane> {
  readonly turn: LaneTurn;
  /** When the turn began, by the monotonic clock. */
  readonly startedMs: number;
  /** The lease is gone, so the lane is not ours to release. */
  readonly isLost: boolean;
  /** The server has been told that the turn is over. */
  readonly isEnding: boolean;
  /** Rung, and the server will not ask any more. */
  readonly isRung: boolean;
  ring(): void;
  drain(): void;
  /** Ends the turn if it only waits for a ring. */
  stopLingering(): void;
  /** Breaks off what is in flight, because the process stops; the lane is still ours. */
  breakOff(): void;
}

export function createHeldTurn(options: HeldTurnOptions): HeldTurn {
  const { lane, clock } = options;
  const drain = new AbortController();
  const lost = new AbortController();
  let isRung = false;
  let isLost = false;
  /** Drained or broken off: nothing more is claimed in this turn. */
  let isOver = false;
  /** Told that nothing more is due; a ring while attempts are still in flight takes that back. */
  let isEnding = false;
  let answerLinger: ((rung: boolean) => void) | null = null;
  let lookedMs = clock.monotonicMs();

  function end(): false {
    isEnding = true;
    return false;
  }

  async function rung(): Promise<boolean> {
    if (isOver) return false;
    const wasEnding = isEnding;
    isEnding = false;
    const isTimeToLook = wasEnding && clock.monotonicMs() - lookedMs >= options.lookMs;
    if (isRung || isTimeToLook) {
      isRung = false;
      lookedMs = clock.monotonicMs();
      if (wasEnding) options.resumed();
      return true;
    }
    if (options.lingerMs === 0 || options.othersWait()) return end();
    return (await linger()) || end();
  }

  function linger(): Promise<boolean> {
    return new Promise((resolve) => {
      const forget = clock.after(options.lingerMs, () => answerLinger?.(false));
      answerLinger = (isMore) => {
        answerLinger = null;
        forget();
        // Decided at once, so that a ring between this answer and its arrival is kept for the next turn.
        if (!isMore) isEnding = true;
        resolve(isMore);
      };
    });
  }

  function breakOff(): void {
    isOver = true;
    isEnding = true;
    lost.abort();
    answerLinger?.(false);
  }

  return {
    key: lane,
    turn: { lane, drain: drain.signal, lost: lost.signal, rung },
    startedMs: clock.monotonicMs(),
    endsMs: options.endsMs,
    get isLost() {
      return isLost;
    },
    get isEnding() {
      return isEnding;
    },
    get isRung() {
      return isRung;
    },
    ring() {
      if (answerLinger === null) isRung = true;
      else answerLinger(true);
    },
    drain() {
      isOver = true;
      isEnding = true;
      drain.abort();
      answerLinger?.(false);
    },
    stopLingering: () => answerLinger?.(false),
    breakOff,
    lose() {
      isLost = true;
      breakOff();
    },
  };
}
