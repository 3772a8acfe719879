// The real server as a child process on a file or a database of its own: started, killed, terminated and started again,
// always cleaned up.
import { spawn, type ChildProcess } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeApiKey } from "@ringback/core";
import { apiClient, type ApiClient } from "./api-client.ts";
import { bounded } from "./bounded.ts";
import { createTestDatabase, mode, settingsOfDatabase, type TestDatabase } from "./mode.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  readonly exited: Promise<Exit>;
  /** SIGKILL: nothing is finished, nothing is flushed. Resolves when the process is gone. */
  kill(): Promise<Exit>;
  /** SIGTERM: the process drains. Resolves when it is gone. */
  terminate(): Promise<Exit>;
}

/** A database of the present mode, a key, and the processes that are started on them. */
export interface ServerHome {
  readonly folder: string;
  /** The embedded mode's file. */
  readonly sqlitePath: string;
  /** The scale-out mode's database, made when it is first asked for. */
  database(): Promise<TestDatabase>;
  readonly apiKey: string;
  /** Speaks to whichever process that takes requests was started last. */
  readonly client: ApiClient;
  /** The URL of that process. */
  url(): string;
  /** Starts the server, or another entry like it, and resolves when it listens; rejects with its output when it exits before. */
  start(settings?: Settings, entry?: string): Promise<ServerProcess>;
  /** Starts it and resolves when it has exited by itself. */
  startUntilExit(settings?: Settings): Promise<Exit>;
  /** Everything all its processes have written, to both streams, in order. */
  output(): string;
  /** Kills what is running and removes the folder. */
  dispose(): Promise<void>;
}

export type Settings = Readonly<Record<string, string>>;

export interface HomeOptions {
  /** Settings of every start; a start's own come on top. */
  readonly settings?: Settings;
  /** Scale-out: the database to use instead of one made for this home; whoever made it drops it. */
  readonly database?: TestDatabase;
  /** A program and its arguments that Node is started by; it must become the process, as `strace -D` does. */
  readonly under?: readonly string[];
}

const serverEntry = fileURLToPath(new URL("../../apps/server/src/main.ts", import.meta.url));
const startTimeoutMs = 30_000;
const exitTimeoutMs = 30_000;

/** Whatever happens to the tests, no child outlives them. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export function makeServerHome(options: HomeOptions = {}): ServerHome {
  const folder = mkdtempSync(join(tmpdir(), "ringback-"));
  const sqlitePath = join(folder, "ringback.db");
  const apiKey = makeApiKey({ bytes: (count) => randomFillSync(new Uint8Array(count)), unit: () => 0 });
  const output: string[] = [];
  const launched: ChildProcess[] = [];
  const started: ServerProcess[] = [];
  let made: Promise<TestDatabase> | null = null;
  const database = async (): Promise<TestDatabase> =>
    options.database ?? (await (made ??= createTestDatabase()));
  const settingsOf = async (settings: Settings): Promise<Settings> => ({
    PORT: "0",
    ...(mode === "embedded" ? { RINGBACK_SQLITE_PATH: sqlitePath } : settingsOfDatabase(await database())),
    RINGBACK_ROOT_KEY: apiKey,
    RINGBACK_ALLOW_NETWORKS: "127.0.0.0/8",
    ...options.settings,
    ...settings,
  });
  const launch = async (settings: Settings, entry = serverEntry): Promise<ChildProcess> => {
    const chosen = await settingsOf(settings);
    const [program, ...before] = [...(options.under ?? []), process.execPath];
    const child = spawn(program, [...before, entry], {
      env: { ...withoutSettings(process.env), ...chosen },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: folder,
    });
    launched.push(child);
    running.add(child);
    child.once("exit", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => output.push(text));
    }
    return child;
  };
  const url = (): string => {
    const last = started.at(-1);
    if (last === undefined) throw new Error("no server has been started here");
    return last.url;
  };
  return {
    folder,
    sqlitePath,
    database,
    apiKey,
    client: apiClient({ url, key: apiKey }),
    url,
    async start(settings = {}, entry = serverEntry) {
      const child = await launch(settings, entry);
      const server = toServerProcess(child, await listening(child));
      const { RINGBACK_ROLE: role = "all" } = { ...options.settings, ...settings };
      if (role === "all" || role === "api") started.push(server);
      return server;
    },
    startUntilExit: async (settings = {}) => exitOf(await launch(settings)),
    output: () => output.join(""),
    async dispose() {
      for (const child of launched) child.kill("SIGKILL");
      await Promise.all(launched.map((child) => exitOf(child)));
      await (await made)?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The environment without settings that somebody may have exported. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isSetting = (name: string): boolean =>
    name.startsWith("RINGBACK_") ||
    name.startsWith("OTEL_") ||
    ["PORT", "HOST", "DATABASE_URL"].includes(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isSetting(name)));
}

/** Resolves with the address that the process prints, and rejects with all it printed if it exits instead. */
function listening(child: ChildProcess): Promise<string> {
  let own = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (text: string) => {
      own += text;
      const url = /^Ringback listens on (http\S+)$/m.exec(own)?.[1];
      if (url !== undefined) resolve(url);
    });
  }
  child.once("close", (code, signal) => reject(new Error(`the server ended (${code ?? signal}): ${own}`)));
  return bounded(promise, startTimeoutMs, () => `address from the server; it wrote: ${own}`);
}

function exitOf(child: ChildProcess): Promise<Exit> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once("close", (code, signal) => resolve({ code, signal }));
  return bounded(promise, exitTimeoutMs, () => `exit of process ${child.pid ?? 0}`);
}

function toServerProcess(child: ChildProcess, url: string): ServerProcess {
  const gone = Promise.withResolvers<Exit>();
  child.once("close", (code, signal) => gone.resolve({ code, signal }));
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    child.kill(signal);
    return bounded(gone.promise, exitTimeoutMs, () => `exit of process ${child.pid ?? 0} after ${signal}`);
  };
  return {
    pid: child.pid ?? 0,
    url,
    exited: gone.promise,
    kill: () => end("SIGKILL"),
    terminate: () => end("SIGTERM"),
  };
}
