// One request and what came back, as undici tells it: decides when the answer is read far enough.
import type { Dispatcher } from "undici";
import type { Clock } from "@ringback/core";

export interface CallLimits {
  /** Until the answer's header block is complete; null means no limit. Milliseconds. */
  readonly deadlineMs: number | null;
  /** For the body, once the headers are there; null means that the deadline holds for the body, too. Milliseconds. */
  readonly bodyMs: number | null;
  /** Bytes of the body to read before breaking off. */
  readonly bodyReadBytesMax: number;
  /** Bytes of the body to keep. */
  readonly bodyKeptBytesMax: number;
}

export type HeaderFields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** How the body ended: whole, at our limit, or broken off by the receiver or the clock. */
export type BodyEnd = "complete" | "limit" | "broken";

export type CallResult =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: HeaderFields;
      /** The first bytes, at most `bodyKeptBytesMax`. */
      readonly body: Uint8Array;
      /** Bytes read, kept or not. */
      readonly bodyBytes: number;
      readonly end: BodyEnd;
    }
  | {
      readonly kind: "no_answer";
      readonly error: Error;
      /** True when a part of an answer had arrived. */
      readonly answerBegan: boolean;
    };

/** The deadline passed before the header block was complete. */
export class HeadersDeadline extends Error {
  override readonly name = "HeadersDeadline";
}

/** The receiver sent more 1xx answers than anybody needs. */
export class TooManyInterim extends Error {
  override readonly name = "TooManyInterim";
}

const interimMax = 20;
const noBytes = new Uint8Array(0);

/** The handler of one undici dispatch. `done` is called exactly once; `isReusable` says whether its socket may go on. */
export class Call implements Dispatcher.DispatchHandler {
  readonly #limits: CallLimits;
  readonly #clock: Clock;
  readonly #done: (result: CallResult, isReusable: boolean) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #forget: () => void = nothing;
  #isSettled = false;
  #answerBegan = false;
  #interim = 0;
  #status = 0;
  #headers: HeaderFields = {};
  #chunks: Uint8Array[] = [];
  #keptBytes = 0;
  #bodyBytes = 0;

  constructor(limits: CallLimits, clock: Clock, done: (result: CallResult, isReusable: boolean) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#done = done;
    if (limits.deadlineMs !== null) {
      this.#forget = clock.after(limits.deadlineMs, () =>
        this.breakOff(new HeadersDeadline("no answer in time")),
      );
    }
  }

  /** Ends the call now: as a failure before the headers, as a broken body after them. */
  breakOff(error: Error): void {
    if (this.#status === 0) this.#settle({ kind: "no_answer", error, answerBegan: this.#answerBegan }, false);
    else this.#settle(this.#answer("broken"), false);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) controller.abort(new Error("settled"));
  }

  onResponseStarted(): void {
    this.#answerBegan = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HeaderFields): void {
    if (this.#isSettled) return;
    if (status < 200) {
      this.#interim += 1;
      if (this.#interim > interimMax) this.breakOff(new TooManyInterim("too many 1xx answers"));
      return;
    }
    this.#status = status;
    this.#headers = headers;
    if (this.#limits.bodyMs === null) return;
    this.#forget();
    this.#forget = nothing;
    // Most bodies are in the same packet and over before this microtask, and need no timer.
    queueMicrotask(() => this.#limitBody());
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#isSettled) return;
    const { bodyKeptBytesMax, bodyReadBytesMax } = this.#limits;
    const room = bodyKeptBytesMax - this.#keptBytes;
    if (room > 0) {
      // undici reuses the memory of a chunk, so what is kept is copied.
      const kept = Uint8Array.from(chunk.length > room ? chunk.subarray(0, room) : chunk);
      this.#chunks.push(kept);
      this.#keptBytes += kept.length;
    }
    this.#bodyBytes += chunk.length;
    if (this.#bodyBytes > bodyReadBytesMax) this.#settle(this.#answer("limit"), false);
  }

  onResponseEnd(): void {
    this.#settle(this.#answer("complete"), true);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.breakOff(error);
  }

  #limitBody(): void {
    const { bodyMs } = this.#limits;
    if (this.#isSettled || bodyMs === null) return;
    this.#forget = this.#clock.after(bodyMs, () => this.breakOff(new Error("the body took too long")));
  }

  #answer(end: BodyEnd): CallResult {
    const [only] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : (only ?? noBytes);
    return {
      kind: "answer",
      status: this.#status,
      headers: this.#headers,
      body,
      bodyBytes: this.#bodyBytes,
      end,
    };
  }

  #settle(result: CallResult, isReusable: boolean): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#forget();
    if (!isReusable && this.#controller?.aborted === false) this.#controller.abort(new Error("settled"));
    this.#done(result, isReusable);
  }
}

function nothing(): void {}
