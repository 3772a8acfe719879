// A child process of the benchmark that says where it listens; measured servers never share a thread with their load.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface ListeningChild {
  readonly url: string;
  stop(): Promise<void>;
}

/** `module` is relative to this folder; it must `process.send({url})` once it listens, and end on SIGTERM. */
export async function startChild(module: string, args: readonly string[]): Promise<ListeningChild> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), args);
  const [message] = (await Promise.race([
    once(child, "message"),
    once(child, "exit").then(([code]) => {
      throw new Error(`${module} ended with ${String(code)} before it listened`);
    }),
  ])) as [{ readonly url: string }];
  return { url: message.url, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
