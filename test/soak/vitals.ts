// How a server's process is: asked of itself, from inside.
import type { Child } from "../bench/children/child.ts";

export interface Vitals {
  readonly residentBytes: number;
  /** Open file descriptors: files, sockets and pipes. */
  readonly descriptors: number;
  /** How late the event loop was since the last time it was asked, 99 % of the time at most. */
  readonly lagMs: number;
}

export async function vitalsOf(child: Pick<Child, "ask" | "usage">): Promise<Vitals> {
  const [{ residentBytes }, descriptors, lagMs] = await Promise.all([
    child.usage(),
    child.ask<number>("descriptors"),
    child.ask<number>("lagMs"),
  ]);
  return { residentBytes, descriptors, lagMs };
}
