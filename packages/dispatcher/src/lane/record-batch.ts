// Gathers the records of a lane's ended attempts, so that several share one commit. It decides when a batch is written;
// what is done about a record that cannot be written is left to whoever brought it.
import { StoreUnavailable, type AttemptRecord, type Clock, type LaneStore } from "@ringback/core";

export type RecordAnswer = "recorded" | "lost";

export interface RecordBatchOptions {
  readonly lanes: Pick<LaneStore, "recordAttempts">;
  readonly clock: Clock;
  /** A batch of this size is written at once, unless it is held. */
  readonly recordsMax: number;
}

/** How long a record waits for others when nothing else writes it. Nobody waits for it but the lane. */
const gatherMs = 5;

interface Waiting {
  readonly record: AttemptRecord;
  readonly resolve: (answer: RecordAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

export class RecordBatch {
  readonly #options: RecordBatchOptions;
  #waiting: Waiting[] = [];
  #forget: (() => void) | null = null;
  #isHeld = false;

  constructor(options: RecordBatchOptions) {
    this.#options = options;
  }

  /** Resolves once the record is on disk or refused. Rejects when it, and not a neighbour in its batch, could not be written. */
  add(record: AttemptRecord): Promise<RecordAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      if (!this.#isHeld) this.#flushInTime();
    });
  }

  /** Until `release`, what is brought waits for a `flush` that is bound to come, however much and however long that is. */
  hold(): void {
    this.#isHeld = true;
    this.#forgetTime();
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    if (this.#waiting.length > 0) this.#flushInTime();
  }

  #flushInTime(): void {
    if (this.#waiting.length >= this.#options.recordsMax) this.flush();
    else this.#forget ??= this.#options.clock.after(gatherMs, () => this.flush());
  }

  #forgetTime(): void {
    this.#forget?.();
    this.#forget = null;
  }

  /** Writes what has been gathered, within this turn of the event loop. */
  flush(): void {
    this.#forgetTime();
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length > 0) void this.#write(batch);
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { lanes, clock } = this.#options;
    try {
      const records = batch.map(({ record }) => record);
      const answers = await lanes.recordAttempts(records, clock.now());
      for (const [at, { resolve }] of batch.entries()) resolve(answers[at] ?? "lost");
    } catch (thrown) {
      const isEverybodys = batch.length === 1 || thrown instanceof StoreUnavailable;
      if (isEverybodys) for (const { reject } of batch) reject(thrown);
      else await Promise.all(batch.map((each) => this.#write([each])));
    }
  }
}
