// The lines of one held lane. They live as long as the turn does, so no other tenant ever shares a socket with it.
import type { ReceiverUrl } from "../address/url-form.ts";
import { Line, type LineOptions } from "../http/line.ts";

export class Lines {
  readonly #options: LineOptions;
  readonly #idle: Line[] = [];
  readonly #all = new Set<Line>();
  #isClosed = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** An idle line to the receiver's origin, or a new one. Lines to another origin are closed: the endpoint has moved. */
  take(receiver: ReceiverUrl): Line {
    for (let line = this.#idle.pop(); line !== undefined; line = this.#idle.pop()) {
      if (line.origin === receiver.origin) return line;
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
    if (line.isOpen && !this.#isClosed) this.#idle.push(line);
    else this.#drop(line);
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
