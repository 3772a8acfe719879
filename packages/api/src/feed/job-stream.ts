// A job's events as `text/event-stream`: what has happened, then what happens, until the terminal event has been sent.
import { EventReader, type EventReaderDeps, type EventReaderOptions } from "./event-reader.ts";
import { frameStream } from "./frame-stream.ts";
import type { Waiter } from "./waiters.ts";

export interface JobStreamDeps extends EventReaderDeps {
  /** Joined before the job was read; the stream ends it. */
  readonly waiter: Waiter;
  readonly heartbeatMs: number;
}

const encoder = new TextEncoder();
const heartbeat = encoder.encode(": still here\n\n");

/** Null when the client has seen everything there will be. Rejects, and ends the waiter, when the first read fails. */
export async function createJobStream(
  job: EventReaderOptions,
  deps: JobStreamDeps,
): Promise<ReadableStream<Uint8Array> | null> {
  const { waiter } = deps;
  try {
    const reader = new EventReader(job, deps);
    const first = await reader.begin();
    if (first.length === 0 && reader.isOver) {
      waiter.end();
      return null;
    }
    return streamOf(reader, first, deps);
  } catch (thrown) {
    waiter.end();
    throw thrown;
  }
}

function streamOf(
  reader: EventReader,
  first: readonly string[],
  { waiter, heartbeatMs }: JobStreamDeps,
): ReadableStream<Uint8Array> {
  let unsent = first;
  return frameStream(waiter, async () => {
    if (unsent.length === 0) unsent = await reader.read();
    if (unsent.length > 0) {
      const frames = encoder.encode(unsent.join(""));
      unsent = [];
      return frames;
    }
    if (reader.isOver) return null;
    const waking = await waiter.next(heartbeatMs, reader.version);
    if (waking === "draining" || waking === "aborted") return null;
    // A heartbeat is also when a change that nobody announced is found.
    return waking === "timed_out" ? heartbeat : new Uint8Array();
  });
}
