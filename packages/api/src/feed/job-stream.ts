// A job's events as `text/event-stream`: what has happened, then what happens, until the terminal event has been sent.
import { isDone, type Event, type ReadStore } from "@ringback/core";
import { eventFrame } from "../representations/event-json.ts";
import type { Waiter } from "./waiters.ts";

export interface StreamedJob {
  readonly tenantId: string;
  readonly jobId: string;
  /** The last event the client has; one that is unknown begins at the beginning, which repeats and skips nothing. */
  readonly lastEventId: string | null;
  /** Whether the job was done before its events were read. */
  readonly isDone: boolean;
}

export interface JobStreamDeps {
  readonly reads: Pick<ReadStore, "listJobEvents" | "getResult">;
  /** Joined before the job was read; the stream ends it. */
  readonly waiter: Waiter;
  readonly heartbeatMs: number;
}

const pageLimit = 200;
const encoder = new TextEncoder();
const heartbeat = encoder.encode(": still here\n\n");

/** Null when the client has seen everything there will be. Rejects, and ends the waiter, when the first read fails. */
export async function createJobStream(
  job: StreamedJob,
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
  first: readonly Event[],
  { waiter, heartbeatMs }: JobStreamDeps,
): ReadableStream<Uint8Array> {
  let unsent = first;
  let isWanted = true;
  const nextFrames = async (): Promise<Uint8Array | null> => {
    if (unsent.length === 0) unsent = await reader.read();
    if (unsent.length > 0) {
      const frames = encoder.encode(unsent.map(eventFrame).join(""));
      unsent = [];
      return frames;
    }
    if (reader.isOver) return null;
    const waking = await waiter.next(heartbeatMs);
    if (waking === "draining" || waking === "aborted") return null;
    // A heartbeat is also when a change that nobody announced is found.
    return waking === "timed_out" ? heartbeat : new Uint8Array();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let frames: Uint8Array | null = null;
        try {
          do frames = await nextFrames();
          while (isWanted && frames?.byteLength === 0);
        } catch {
          // The client connects again with its Last-Event-ID; what failed is told there.
        }
        if (!isWanted) return;
        if (frames !== null) controller.enqueue(frames);
        else {
          waiter.end();
          controller.close();
        }
      },
      cancel() {
        isWanted = false;
        waiter.end();
      },
    },
    { highWaterMark: 1 },
  );
}

/** Reads a job's events on from where it has come to, and knows when there can be no more. */
class EventReader {
  isOver = false;
  readonly #job: StreamedJob;
  readonly #deps: JobStreamDeps;
  #isDone: boolean;
  #after = 0;

  constructor(job: StreamedJob, deps: JobStreamDeps) {
    this.#job = job;
    this.#deps = deps;
    this.#isDone = job.isDone;
  }

  /** What comes after the client's last event. */
  async begin(): Promise<readonly Event[]> {
    const { lastEventId } = this.#job;
    if (lastEventId === null || lastEventId === "") return this.read();
    for (;;) {
      const page = await this.#page();
      const found = page.findIndex((event) => event.id === lastEventId);
      if (found !== -1) {
        const rest = page.slice(found + 1);
        return rest.length > 0 || this.isOver ? rest : this.read();
      }
      if (page.length < pageLimit) {
        this.#after = 0;
        this.isOver = false;
        return this.read();
      }
    }
  }

  async read(): Promise<readonly Event[]> {
    if (this.isOver) return [];
    return this.#page();
  }

  /** A job that is done writes no more events, so a page read after that and not full is the last one. */
  async #page(): Promise<readonly Event[]> {
    const { tenantId, jobId } = this.#job;
    const { reads } = this.#deps;
    const events = await reads.listJobEvents(tenantId, jobId, { after: this.#after, limit: pageLimit });
    this.#after = events.at(-1)?.seq ?? this.#after;
    if (events.length === pageLimit) return events;
    if (this.#isDone) this.isOver = true;
    else {
      // Read after the events: if it is done now, the next page still has to be looked at.
      const found = await reads.getResult(tenantId, jobId);
      this.#isDone = found === null || isDone(found.job.status);
    }
    return events;
  }
}
