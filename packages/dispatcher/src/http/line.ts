// A line: one socket at a time to one origin, carrying one request at a time. Because a request has its line to itself,
// every failure, address and deadline belongs to exactly one attempt.
import type { Socket } from "node:net";
import { Client, type buildConnector } from "undici";
import type { Clock } from "@ringback/core";
import type { GuardedConnections } from "../address/guard.ts";
import type { ReceiverUrl, Target } from "../address/url-form.ts";
import { Call, type CallLimits, type CallResult } from "./call.ts";
import { openConnection, type ConnectPhase } from "./connect.ts";

export interface LineOptions {
  readonly guard: GuardedConnections;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
}

export interface LineRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** `phase` says how far a call came: before `request`, nothing was sent. */
export type LineResult = CallResult & {
  readonly phase: ConnectPhase | "request";
  /** Set once a connection was made to an address that passed the guard. */
  readonly peerAddress: string | null;
  /** True when the request went over a socket that had carried one before. */
  readonly isReused: boolean;
};

const keepAliveMs = 4_000;
const keepAliveMaxMs = 10_000;
const answerHeaderBytesMax = 16_384;

export class Line {
  readonly origin: string;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #phase: ConnectPhase | "request" = "request";
  #peerAddress: string | null = null;
  #callsOnSocket = 0;
  #call: Call | null = null;

  constructor(receiver: ReceiverUrl, options: LineOptions) {
    this.origin = receiver.origin;
    this.#clock = options.clock;
    this.#client = new Client(receiver.origin, {
      allowH2: false,
      pipelining: 1,
      // The call's own deadlines decide; undici's timers are coarse and per phase.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMaxMs,
      maxHeaderSize: answerHeaderBytesMax,
      connect: (_options, callback) => void this.#connect(receiver.target, options, callback),
    });
  }

  /** False once it was closed, or a call left its socket in doubt; then it must not be used again. */
  get isOpen(): boolean {
    return !this.#closing.signal.aborted;
  }

  /** Makes one call; never rejects. There must be no other call under way. */
  call(request: LineRequest, limits: CallLimits): Promise<LineResult> {
    return new Promise((resolve) => {
      this.#phase = "request";
      const call = new Call(limits, this.#clock, (result, isReusable) => {
        const isReused = this.#callsOnSocket > 0;
        this.#callsOnSocket += 1;
        this.#call = null;
        const { phase, peerAddress } = this.#snapshot();
        if (!isReusable) this.close();
        resolve({ ...result, phase, peerAddress, isReused });
      });
      this.#call = call;
      const { method, path, headers, body } = request;
      this.#client.dispatch({ method, path, headers, body }, call);
    });
  }

  /** Destroys the socket; a call under way ends at once. */
  close(): void {
    if (!this.isOpen) return;
    this.#closing.abort();
    this.#call?.breakOff(new Error("the line was closed"));
    void this.#client.destroy();
  }

  async #connect(target: Target, options: LineOptions, callback: buildConnector.Callback): Promise<void> {
    this.#callsOnSocket = 0;
    this.#peerAddress = null;
    let socket: Socket;
    try {
      socket = await openConnection(target, {
        ...options,
        signal: this.#closing.signal,
        onPhase: (phase) => (this.#phase = phase),
        onPeer: (address) => (this.#peerAddress = address),
      });
    } catch (thrown) {
      callback(thrown instanceof Error ? thrown : new Error("the connection failed"), null);
      return;
    }
    this.#phase = "request";
    callback(null, socket);
  }

  #snapshot(): Pick<LineResult, "phase" | "peerAddress"> {
    return { phase: this.#phase, peerAddress: this.#peerAddress };
  }
}
