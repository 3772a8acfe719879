// One isolate as the runner sees it: a child process of its own process group, what it reports, and what it died of.
import { fork, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Clock } from "@ringback/core";
import { readReport, type Order, type Report } from "./isolate-words.ts";

export interface IsolateOptions {
  /** The module that becomes the process; it answers with `ready`. */
  readonly entry: URL;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resident memory in MB, above which it ends. */
  readonly memoryMb: number;
  readonly clock: Clock;
  /** What its code writes to standard error. */
  readonly onErrorOutput: (bytes: Uint8Array) => void;
  readonly onReport: (report: Report) => void;
  /** Once, when the process is gone. */
  readonly onGone: (death: IsolateDeath) => void;
}

export interface IsolateDeath {
  readonly outOfMemory: boolean;
  /** `exit code 3` or `SIGSEGV`. */
  readonly how: string;
}

export interface Isolate {
  readonly pid: number;
  send(order: Order): void;
  /** Ends it and every process it has started, at once. */
  kill(): void;
}

/** What Node, its compiled code and the young heap take beside the old heap, which has a limit of its own. */
const besideHeapMb = 128;
/** How long after the end of the process its last words are waited for; somebody else may hold its standard error open. */
const lastWordsMs = 1_000;
const tailBytes = 4_096;
/** V8's own last words when an allocation was refused. */
const heapExhausted = /heap out of memory|invalid (?:array|table|size)|Allocation failed/i;

/** Throws when the system refuses another process. */
export function startIsolate(options: IsolateOptions): Isolate {
  const child = fork(options.entry, options.args, {
    env: options.env,
    // Not the server's own flags: a debugger's port, say, can be taken once.
    execArgv: [`--max-old-space-size=${options.memoryMb - besideHeapMb}`],
    serialization: "advanced",
    // A group of its own: a terminal's Ctrl-C reaches the server only, and what handlers start can be ended with them.
    detached: true,
    // The fifth is where the watch thread inside writes its last word, since its main thread may be blocked.
    stdio: ["ignore", "inherit", "pipe", "ipc", "pipe"],
  });
  const { tail, lastWord } = listen(child, options);
  let isGone = false;
  const gone = (death: IsolateDeath): void => {
    if (!isGone) options.onGone(death);
    isGone = true;
  };
  child.on("message", (heard) => {
    const report = readReport(heard);
    if (report !== null && !isGone) options.onReport(report);
  });
  child.on("error", (fault) => {
    if (child.pid === undefined) gone({ outOfMemory: false, how: fault.message });
    else kill(child);
  });
  // One that nobody can talk to any more is of no use.
  child.once("disconnect", () => kill(child));
  child.once("exit", (code, signal) => {
    // What it has started would go on without it.
    endGroup(child);
    const tell = (): void => {
      forget();
      child.off("close", tell);
      child.stderr?.destroy();
      const outOfMemory = lastWord() === "memory" || (signal !== null && heapExhausted.test(tail()));
      gone({ outOfMemory, how: signal ?? `exit code ${code ?? 0}` });
    };
    const forget = options.clock.after(lastWordsMs, tell);
    child.once("close", tell);
  });
  return {
    pid: child.pid ?? 0,
    send(order) {
      // A channel that is closed belongs to a process that is about to be gone, which is told by its exit.
      if (child.connected) child.send(order, () => undefined);
    },
    kill: () => kill(child),
  };
}

interface Heard {
  /** The end of its standard error. */
  readonly tail: () => string;
  readonly lastWord: () => string;
}

function listen(child: ChildProcess, options: IsolateOptions): Heard {
  let tail = Buffer.alloc(0);
  let lastWord = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    tail = Buffer.concat([tail, bytes]).subarray(-tailBytes);
    options.onErrorOutput(bytes);
  });
  const watch = child.stdio[4] as Readable | null;
  watch?.setEncoding("utf8").on("data", (text: string) => {
    lastWord = `${lastWord}${text}`.slice(0, 16);
  });
  watch?.on("error", () => undefined);
  return { tail: () => tail.toString("latin1"), lastWord: () => lastWord };
}

function kill(child: ChildProcess): void {
  endGroup(child);
  child.kill("SIGKILL");
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // There is nobody left in it.
  }
}
