// Runs one program to its end, within a bound.
import { spawn } from "node:child_process";

export interface Ended {
  /** The exit code; 1 when a signal ended it, when it was too slow, or when it could not be started. */
  readonly code: number;
  /** What it wrote, both streams in one; empty unless `quiet`. */
  readonly output: string;
}

interface ChildOptions {
  /** Keeps what the program writes instead of showing it. */
  readonly quiet: boolean;
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

export async function runChild(
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const out = options.quiet ? "pipe" : "inherit";
  const child = spawn(command, args, {
    // Colour is for a terminal; some programs also take CI for one.
    env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }), ...options.env },
    stdio: ["ignore", out, out],
    timeout: options.timeoutMs,
    killSignal: "SIGKILL",
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
    });
  }
  const text = (): string => Buffer.concat(chunks).toString("utf8");
  child.on("error", (error) => {
    resolve({ code: 1, output: `${text()}${error.message}\n` });
  });
  child.on("close", (code, signal) => {
    if (signal !== null) process.stderr.write(`${command} was ended by ${signal}.\n`);
    resolve({ code: code ?? 1, output: text() });
  });
  return promise;
}
