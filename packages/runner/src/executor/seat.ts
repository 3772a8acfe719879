// The inside of an isolate: calls the handler of one run at a time and reports what comes of it. It bounds what its handler
// can send, so that a busy one costs the runner little, and it knows whose code throws where nobody listens. It is a door
// of its own, so that an isolate loads nothing else of this room.
import type { ClaimedRun, Clock, Kinds, RunContext } from "@ringback/core";
import { boundedText } from "../bounded-text.ts";
import { createFaultAttribution } from "../fault-attribution.ts";
import { createProgressReport } from "../progress.ts";
import { failureOf } from "../thrown-value.ts";
import { callHandler, logOfRun } from "./call-handler.ts";
import { createLogGate } from "./log-gate.ts";
import type { Order, Report, StrayFault } from "./isolate-words.ts";

export type { Report as IsolateReport };

export interface SeatOptions {
  readonly kinds: Kinds;
  readonly resultBytesMax: number;
  readonly clock: Clock;
  /** `sent` is called once the report is on its way. */
  readonly send: (report: Report, sent?: () => void) => void;
}

export interface Seat {
  /** What the runner has sent; anything else on the channel is not heard. */
  receive(heard: unknown): void;
  /**
   * For the process's listeners: an error that nobody caught. When it belongs to no run, past or present, the state of the
   * process is unknown, and `crash` is called as soon as it has been told.
   */
  fault(thrown: unknown, crash: () => void): void;
}

type Owner = NonNullable<StrayFault["owner"]>;

/** Least time between two reports of progress; the runner writes them more rarely still. */
const progressMs = 100;

export function createSeat(options: SeatOptions): Seat {
  const { clock, send } = options;
  const attribution = createFaultAttribution<Owner>();
  const log = createLogGate({ clock, send });
  let present: { readonly owner: Owner; readonly controller: AbortController } | null = null;

  async function run(number: number, claimed: ClaimedRun): Promise<void> {
    const owner: Owner = { run: number, jobId: claimed.jobId, kind: claimed.job.kind };
    const controller = new AbortController();
    present = { owner, controller };
    const progress = createProgressReport({
      run: claimed,
      progressMs,
      async write({ percent, message }) {
        send({ ringback: "progress", run: number, percent, message });
        return "written";
      },
      onLost: () => undefined,
      clock,
      log,
    });
    const context: RunContext = {
      signal: controller.signal,
      progress: (percent, message) => attribution.outside(() => progress.report(percent, message)),
      job: claimed.job,
      runNumber: claimed.runNumber,
      log: logOfRun(claimed, log),
      traceparent: claimed.traceparent,
    };
    send({ ringback: "begun", run: number });
    const end = await attribution
      .within(owner, () => callHandler(claimed, context, options))
      .catch(failureOf);
    progress.close();
    present = null;
    send({ ringback: "ended", run: number, end });
  }

  return {
    receive(heard) {
      const order = heard as Order;
      if (order.ringback === "run") void run(order.run, order.claimed);
      if (order.ringback !== "abort" || present?.owner.run !== order.run) return;
      const { owner, controller } = present;
      attribution.within(owner, () => controller.abort(new DOMException(order.reason, "AbortError")));
    },
    fault(thrown, crash) {
      const owner = attribution.currentRun() ?? null;
      const fault = { owner, errorName: nameOf(thrown), failure: failureOf(thrown) };
      send({ ringback: "fault", fault }, owner === null ? crash : undefined);
    },
  };
}

function nameOf(thrown: unknown): string {
  try {
    return thrown instanceof Error ? boundedText(thrown.name, 100) : typeof thrown;
  } catch {
    return "unreadable";
  }
}
