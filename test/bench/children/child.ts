// A child process of the benchmark: started, asked, and stopped. What is measured never shares a thread with its load.
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bounded } from "../../support/bounded.ts";
import type { Usage } from "./in-child.ts";

export interface Child {
  /** What it told when it became ready. */
  readonly told: unknown;
  /** Rejects with what the child throws, and when it has ended. */
  ask<Answer>(verb: string, given?: unknown): Promise<Answer>;
  usage(): Promise<Usage>;
  /** Resolves with its exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  /** SIGTERM, and SIGKILL when that does not help. Resolves when it is gone. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Loaded before the program, as `node --import` does; relative to this folder. */
  readonly preload?: string;
  /** Flags of Node. */
  readonly flags?: readonly string[];
  /** For programs that do not say by themselves that they are ready: what they print then, with one group that is told. */
  readonly readyLine?: RegExp;
  /** How long it may take to become ready. */
  readonly startMs?: number;
}

interface Answer {
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: string;
  readonly ready?: unknown;
}

/** A server that finds 100,000 deliveries due has much to do before it says that it listens. */
const startDefaultMs = 60_000;
const stopMs = 15_000;
/** How long any one question may take; the longest is to fill a database. */
const askMs = 180_000;
const outputKept = 4_000;

/** `program` is relative to this folder. Rejects, with what the child printed, when it ends before it is ready. */
export async function startChild(program: string, options: ChildOptions = {}): Promise<Child> {
  const { args = [], env = {}, cwd, preload, flags = [], readyLine, startMs = startDefaultMs } = options;
  const child = fork(pathOf(program), [...args], {
    env: { ...withoutSettings(process.env), ...env },
    ...(cwd === undefined ? {} : { cwd }),
    execArgv: [
      ...flags,
      ...(preload === undefined ? [] : ["--import", new URL(preload, import.meta.url).href]),
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const line = createLine(child, readyLine ?? null);
  try {
    const told = await bounded(line.ready, startMs, () => `word from ${program}; it wrote: ${line.output()}`);
    return { told, ...line, usage: () => line.ask<Usage>("usage") };
  } catch (thrown) {
    await line.stop();
    throw thrown;
  }
}

function pathOf(program: string): string {
  return fileURLToPath(new URL(program, import.meta.url));
}

/** The environment without settings that somebody may have exported. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isSetting = (name: string): boolean =>
    name.startsWith("RINGBACK_") || ["PORT", "HOST", "DATABASE_URL", "NODE_OPTIONS"].includes(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSetting(name)));
}

interface ChildLine extends Pick<Child, "ask" | "exited" | "stop"> {
  readonly ready: Promise<unknown>;
  output(): string;
}

function createLine(child: ChildProcess, readyLine: RegExp | null): ChildLine {
  const becameReady = Promise.withResolvers<unknown>();
  const gone = Promise.withResolvers<number | null>();
  const asked = new Map<number, PromiseWithResolvers<unknown>>();
  let lastId = 0;
  let output = "";
  let isGone = false;

  child.on("message", ({ id, value, error, ready }: Answer) => {
    if (ready !== undefined) becameReady.resolve(ready);
    const question = id === undefined ? undefined : asked.get(id);
    if (question === undefined || id === undefined) return;
    asked.delete(id);
    if (error === undefined) question.resolve(value);
    else question.reject(new Error(error));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-outputKept);
      const found = readyLine?.exec(output)?.[1];
      if (found !== undefined) becameReady.resolve(found);
    });
  }
  child.once("close", (code, signal) => {
    isGone = true;
    const ended = new Error(`process ${child.pid ?? 0} ended (${code ?? signal}): ${output.trim()}`);
    becameReady.reject(ended);
    for (const question of asked.values()) question.reject(ended);
    gone.resolve(code);
  });
  // A line that breaks is told by the child's end.
  child.on("error", () => undefined);

  return {
    ready: becameReady.promise,
    output: () => output.trim(),
    exited: gone.promise,
    ask<Value>(verb: string, given?: unknown) {
      if (isGone) return Promise.reject(new Error(`the process has ended: ${output.trim()}`));
      lastId += 1;
      const id = lastId;
      const question = Promise.withResolvers<unknown>();
      asked.set(id, question);
      child.send({ id, verb, given });
      return bounded(question.promise as Promise<Value>, askMs, () => `answer to ${verb}`);
    },
    async stop() {
      if (isGone) return;
      child.kill("SIGTERM");
      const killing = setTimeout(() => child.kill("SIGKILL"), stopMs);
      await gone.promise;
      clearTimeout(killing);
    },
  };
}
