// The lines of one held lane. They live as long as the turn does, so no other tenant ever shares a socket with it.
import type { ReceiverUrl } from "../address/url-form.ts";
import { Line, type LineOptions } from "../http/line.ts";

/** One idle for longer may have been closed by the receiver, or by something in between, without a word (F94). */
const idleMaxMs = 4_000;

interface IdleLine {
  readonly line: Line;
  readonly sinceMs: number;
}

export class Lines {
  readonly #options: LineOptions;
  readonly #idle: IdleLine[] = [];
  readonly #all = new Set<Line>();
  #isClosed = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * A line to the receiver's origin that was busy lately, or a new one; whatever the receiver says of its patience (F95).
   * Lines to another origin are closed: the endpoint has moved.
   */
  take(receiver: ReceiverUrl): Line {
    const freshSinceMs = this.#options.clock.monotonicMs() - idleMaxMs;
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      const { line, sinceMs } = idle;
      if (line.origin === receiver.origin && sinceMs >= freshSinceMs) return line;
      this.#drop(line);
    }
    return this.takeFresh(receiver);
  }

  /** A line that has carried nothing yet. */
  takeFresh(receiver: ReceiverUrl): Line {
    const line = new Line(receiver, this.#options);
    this.#all.add(line);
    if (this.#isClosed) line.close();
    return line;
  }

  giveBack(line: Line): void {
    if (!line.isOpen || this.#isClosed) this.#drop(line);
    else this.#idle.push({ line, sinceMs: this.#options.clock.monotonicMs() });
  }

  /** Destroys every socket; calls under way end at once. */
  close(): void {
    this.#isClosed = true;
    for (const line of this.#all) line.close();
    this.#all.clear();
    this.#idle.length = 0;
  }

  #drop(line: Line): void {
    line.close();
    this.#all.delete(line);
  }
}
