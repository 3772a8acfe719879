// The clock of a process among several: the database's, which all of them share, as far as it can be told from here.
//
// Between two measurements it goes by the machine's monotonic clock, so a wall clock that is set or jumps changes nothing.
// Neither leases nor due times nor signatures then depend on how well the machines agree on the time.
import type { Clock, Instant, Log } from "@ringback/core";

export interface CorrectedClock extends Clock {
  /** Measures once and keeps measuring; rejects when the first measurement fails. */
  start(options: CorrectionOptions): Promise<void>;
  /** Measures no more. */
  stop(): void;
}

export interface CorrectionOptions {
  /** Milliseconds to add to this clock's own time, as it is without correction, to have the database's. */
  readonly measure: () => Promise<number>;
  readonly log: Log;
}

const measureEveryMs = 60_000;
/** A machine that is further off than this is told of at the start; its own logs and certificates go by that time. */
const warnAboveMs = 5_000;

/** Until it is started it goes on from the machine's time. */
export function correctedClock(machine: Clock): CorrectedClock & { readonly uncorrected: Clock } {
  const startedAt: Instant = machine.now();
  const startedMs = machine.monotonicMs();
  const steadyNow = (): Instant => startedAt + Math.floor(machine.monotonicMs() - startedMs);
  let offsetMs = 0;
  let forget = (): void => undefined;
  let isStopped = false;

  async function measureAgain({ measure, log }: CorrectionOptions): Promise<void> {
    try {
      offsetMs = await measure();
    } catch (thrown) {
      log.debug("clock_not_measured", { reason: String(thrown) });
    }
    arm({ measure, log });
  }

  function arm(options: CorrectionOptions): void {
    if (isStopped) return;
    forget = machine.after(measureEveryMs, () => void measureAgain(options));
  }

  const rest = {
    monotonicMs: () => machine.monotonicMs(),
    after: (delayMs: number, wake: () => void) => machine.after(delayMs, wake),
  };
  return {
    ...rest,
    now: () => steadyNow() + offsetMs,
    uncorrected: { ...rest, now: steadyNow },
    async start(options) {
      offsetMs = await options.measure();
      const machineOffMs = steadyNow() + offsetMs - machine.now();
      if (Math.abs(machineOffMs) > warnAboveMs) options.log.warn("clock_differs", { offsetMs: machineOffMs });
      arm(options);
    },
    stop() {
      isStopped = true;
      forget();
    },
  };
}
