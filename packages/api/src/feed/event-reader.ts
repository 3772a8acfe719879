// Reads what a job's stream is to tell, on from where it has come to, and knows when there can be no more: the stored events,
// each once, and between them the job as it is now, whenever nobody has subscribed to what has changed.
import { isDone, type Event, type Job, type JobKey, type ReadStore } from "@ringback/core";
import { eventFrame, liveFrame, type LiveEventType } from "../representations/event-json.ts";

export interface EventReaderOptions {
  readonly key: JobKey;
  /** The last event the client has; one that is unknown begins at the beginning, which repeats and skips nothing. */
  readonly lastEventId: string | null;
  /** Whether the job was done before its events were read. */
  readonly isDone: boolean;
}

export interface EventReaderDeps {
  readonly reads: Pick<ReadStore, "listJobEvents" | "getResult">;
  readonly now: () => number;
}

const pageLimit = 200;

/** What the client has been shown last: a stored event's job, or a live one. */
interface Shown {
  readonly version: number;
  readonly runs: number;
  readonly isRunning: boolean;
}

export class EventReader {
  /** True when there can be no more. */
  isOver = false;
  readonly #options: EventReaderOptions;
  readonly #deps: EventReaderDeps;
  #isDone: boolean;
  #after = 0;
  #shown: Shown = { version: 0, runs: 0, isRunning: false };

  constructor(options: EventReaderOptions, deps: EventReaderDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#isDone = options.isDone;
  }

  /** The job's version that has been read last. */
  get version(): number {
    return this.#shown.version;
  }

  /** The frames of what comes after the client's last event. */
  async begin(): Promise<readonly string[]> {
    const { lastEventId } = this.#options;
    if (lastEventId === null || lastEventId === "") return this.read();
    for (;;) {
      const page = await this.#page();
      const found = page.findIndex((event) => event.id === lastEventId);
      if (found !== -1) return this.#frames(page.slice(found + 1), page.length);
      if (page.length < pageLimit) {
        this.#after = 0;
        this.#shown = { version: 0, runs: 0, isRunning: false };
        return this.read();
      }
    }
  }

  /** Empty when there is nothing new, or nothing any more. */
  async read(): Promise<readonly string[]> {
    if (this.isOver) return [];
    const page = await this.#page();
    return this.#frames(page, page.length);
  }

  async #page(): Promise<readonly Event[]> {
    const { tenantId, jobId } = this.#options.key;
    const page = { after: this.#after, limit: pageLimit };
    const events = await this.#deps.reads.listJobEvents(tenantId, jobId, page);
    this.#after = events.at(-1)?.seq ?? this.#after;
    const last = events.at(-1);
    if (last !== undefined) this.#shown = shownBy(last) ?? this.#shown;
    return events;
  }

  /** A job that is done writes no more events, so a page read after that and not full is the last one. */
  async #frames(events: readonly Event[], pageLength: number): Promise<readonly string[]> {
    const frames = events.map(eventFrame);
    if (pageLength === pageLimit) return frames;
    if (this.#isDone) {
      this.isOver = true;
      return frames;
    }
    const { tenantId, jobId } = this.#options.key;
    // Read after the events: if it is done now, the next page still has to be looked at.
    const found = await this.#deps.reads.getResult(tenantId, jobId);
    this.#isDone = found === null || isDone(found.job.status);
    if (found === null || this.#isDone) return this.#isDone && frames.length === 0 ? this.read() : frames;
    const live = this.#live(found.job);
    return live === null ? frames : [...frames, live];
  }

  /** The job as it is now, if the client has not been shown that already. */
  #live(job: Job): string | null {
    if (job.version <= this.#shown.version) return null;
    const type = liveTypeOf(job, this.#shown);
    this.#shown = { version: job.version, runs: job.runs, isRunning: job.status === "running" };
    return liveFrame(type, job, this.#deps.now());
  }
}

function liveTypeOf(job: Job, shown: Shown): LiveEventType {
  if (job.status !== "running") return "job.queued";
  return shown.isRunning && shown.runs === job.runs ? "job.progress" : "job.started";
}

/** Bodies are written by core; one that cannot be read tells nothing. */
function shownBy({ body }: Event): Shown | null {
  try {
    const { data } = JSON.parse(body) as { data: { version: number; runs: number; status: string } };
    return { version: data.version, runs: data.runs, isRunning: data.status === "running" };
  } catch {
    return null;
  }
}
