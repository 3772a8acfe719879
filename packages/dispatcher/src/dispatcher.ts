// The dispatcher: serves the lanes it is handed, each with sockets of its own. Which lanes, and for how long, the runner decides.
import {
  noTraces,
  type Clock,
  type LaneServer,
  type LaneStore,
  type LaneTurn,
  type Log,
  type Random,
  type Traces,
} from "@ringback/core";
import type { GuardedConnections } from "./address/guard.ts";
import { makeAttempt } from "./lane/attempt.ts";
import { LaneLoop } from "./lane/lane-loop.ts";
import { Lines } from "./lane/lines.ts";

export interface DispatcherSettings {
  /** Attempts in flight at once per lane. */
  readonly laneConcurrency: number;
  /** For DNS, connect, TLS, request and the answer's headers together, where a delivery names none. Milliseconds. */
  readonly attemptTimeoutMs: number;
  /** For TCP and TLS together, within the attempt. Milliseconds. */
  readonly connectTimeoutMs: number;
  /** How long `stop` lets attempts in flight end. Milliseconds. */
  readonly stopMs: number;
}

const dispatcherDefaults: DispatcherSettings = {
  laneConcurrency: 10,
  attemptTimeoutMs: 15_000,
  connectTimeoutMs: 5_000,
  stopMs: 10_000,
};

export interface DispatcherOptions {
  readonly lanes: LaneStore;
  readonly guard: GuardedConnections;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where attempts are told as spans; without it they are not. */
  readonly traces?: Traces;
  /** `Ringback/<version>`. */
  readonly userAgent: string;
  readonly settings?: Partial<DispatcherSettings>;
}

export interface Dispatcher extends LaneServer {
  readonly name: "dispatcher";
  /** Claims no more, lets what is in flight end and be recorded, breaks the rest off after `stopMs`. Safe to call twice. */
  stop(): Promise<void>;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { lanes, guard, clock, random, log, userAgent, traces = noTraces } = options;
  const settings = { ...dispatcherDefaults, ...options.settings };
  const turns = new Map<LaneLoop, Promise<void>>();
  let isStopping = false;

  const serve = async (turn: LaneTurn): Promise<void> => {
    const lines = new Lines({ guard, clock, connectTimeoutMs: settings.connectTimeoutMs });
    const { attemptTimeoutMs, laneConcurrency: concurrency } = settings;
    const shared = { guard, clock, random, log, traces, userAgent };
    const attemptOptions = { ...shared, lane: turn.lane, lines, attemptTimeoutMs };
    const loop = new LaneLoop(turn, {
      lanes,
      clock,
      random,
      log,
      concurrency,
      attempt: (delivery) => makeAttempt(delivery, attemptOptions),
      breakOff: () => lines.close(),
    });
    if (isStopping) loop.drain();
    const running = loop.run();
    turns.set(loop, running);
    await running;
    turns.delete(loop);
    lines.close();
  };

  return {
    name: "dispatcher",
    serve,
    async stop() {
      isStopping = true;
      for (const loop of turns.keys()) loop.drain();
      const forget = clock.after(settings.stopMs, () => {
        for (const loop of turns.keys()) loop.abandon();
      });
      await Promise.all(turns.values());
      forget();
    },
  };
}
