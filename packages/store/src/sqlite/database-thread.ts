// Starts the database thread and calls transitions in it: what is called for in one turn of the event loop is one message.
//
// SQL and fsync then take a core of their own, and the main thread goes on with its sockets. Nobody hears of a transition
// before its commit is on disk, as without the thread. When the thread is lost, so is what became of the calls under way.
import { setFlagsFromString } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { StoreUnavailable, type Log, type Random } from "@ringback/core";
import { createCommitStatistics } from "../commit-statistics.ts";
import type { Gathered } from "../effects.ts";
import { seedBytes } from "../keystream.ts";
import {
  unpackThrown,
  type FromThread,
  type OpenFileInThread,
  type ThreadCall,
  type ThreadOutcome,
  type ThreadStart,
  type ToThread,
} from "./thread-calls.ts";
import type { CallTransition } from "./transitions.ts";
import type { Writer } from "./writer.ts";

export interface DatabaseThreadOptions {
  readonly masterKey: Uint8Array;
  readonly formerMasterKeys?: readonly Uint8Array[];
  readonly random: Random;
  readonly log: Log;
  /** Hears after each commit what it sets off, in the order of the commits. */
  readonly committed: (gathered: Gathered) => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** How many draws of `Random.unit` the thread has in hand; one is used for each attempt that is to be made again. */
const unitsKept = 64;

/** Started with the first file and kept; every file that this process has open shares it. */
let running: Worker | null = null;

/**
 * What the thread keeps lives as long as a commit, so it needs little room for new objects; what the process was started with is
 * for a thread that has sockets. A limit of the worker's own would lose against the process's flag.
 */
const youngFlag = "--max-semi-space-size=4";

function theThread(): Worker {
  if (running !== null) return running;
  setFlagsFromString(youngFlag);
  const thread = new Worker(new URL("database-thread-entry.ts", import.meta.url), { name: "database" });
  thread.setMaxListeners(0);
  // Whoever has a file open hears it, too; alone, an error without a listener would end the process.
  thread.on("error", () => undefined);
  thread.once("exit", () => (running = null));
  thread.unref();
  running = thread;
  return thread;
}

/** Resolves when the thread has the file open, which must be locked and up to date. Rejects with what it met instead. */
export async function openInDatabaseThread(file: string, options: DatabaseThreadOptions): Promise<Writer> {
  const { masterKey, formerMasterKeys = [], random, log, committed } = options;
  const thread = theThread();
  const { port1: port, port2: itsPort } = new MessageChannel();
  const waiting = new Map<number, Waiting>();
  const statistics = createCommitStatistics();
  const opened = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  let calls: ThreadCall[] = [];
  let isScheduled = false;
  let lastId = 0;
  let unitsInHand = 0;
  let isClosed = false;
  let isGone = false;

  const post = (message: ToThread): void => port.postMessage(message);

  function send(): void {
    isScheduled = false;
    const sent = calls;
    calls = [];
    if (sent.length > 0 && !isGone) sendTogether(sent);
  }

  function sendTogether(sent: readonly ThreadCall[]): void {
    const units: number[] = [];
    while (unitsInHand + units.length < unitsKept) units.push(random.unit());
    try {
      post({ kind: "calls", calls: sent, units });
      unitsInHand += units.length;
    } catch (thrown) {
      // An argument that cannot be copied; only its caller is to blame.
      if (sent.length > 1) for (const one of sent) sendTogether([one]);
      else for (const { id } of sent) take(id)?.reject(thrown);
    }
  }

  function take(id: number): Waiting | undefined {
    const caller = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) port.unref();
    return caller;
  }

  function settle(outcome: ThreadOutcome): void {
    const caller = take(outcome.id);
    if ("result" in outcome) caller?.resolve(outcome.result);
    else caller?.reject(unpackThrown(outcome.failure));
  }

  function hear(message: FromThread): void {
    if (message.kind === "open") return opened.resolve();
    if (message.kind === "refused") return opened.reject(unpackThrown(message.failure));
    unitsInHand -= message.unitsUsed;
    Object.assign(statistics, message.statistics);
    for (const outcome of message.outcomes) settle(outcome);
    for (const set of message.gathered) committed(set);
  }

  function end(reason: unknown): void {
    if (isGone) return;
    isGone = true;
    thread.off("error", end);
    if (!isClosed) log.error("store.thread_lost", { file, error: String(reason) });
    for (const id of [...waiting.keys()]) take(id)?.reject(lostCall());
    opened.reject(lostCall());
    gone.resolve();
  }

  const start: ThreadStart = { file, masterKey, formerMasterKeys, seed: random.bytes(seedBytes) };
  const opening: OpenFileInThread = { start, port: itsPort };
  port.on("message", hear);
  port.once("close", () => end("its port was closed"));
  thread.once("error", end);
  thread.postMessage(opening, [itsPort]);
  await opened.promise;
  port.unref();

  const call: CallTransition = (name, ...args) => {
    if (isClosed) return Promise.reject(new StoreUnavailable("unreachable", "The store has been closed."));
    if (isGone) return Promise.reject(lostCall());
    return new Promise((resolve, reject) => {
      lastId += 1;
      if (waiting.size === 0) port.ref();
      // The thread answers with what the transition of this name returns.
      waiting.set(lastId, { resolve: resolve as (result: unknown) => void, reject });
      calls.push({ id: lastId, name, args });
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(send);
    });
  };

  return {
    call,
    statistics,
    isWhole: () => !isGone,
    async close() {
      if (!isClosed && !isGone) {
        send();
        port.ref();
        post({ kind: "close" });
      }
      isClosed = true;
      await gone.promise;
    },
  };
}

function lostCall(): StoreUnavailable {
  const message =
    "The thread that writes the database has ended; whether this was written is not known. Restart Ringback.";
  return new StoreUnavailable("unreachable", message);
}
