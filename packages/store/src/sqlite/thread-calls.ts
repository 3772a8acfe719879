// What the main thread and the database thread say to each other: calls and their outcomes, many in one message.
import type { MessagePort } from "node:worker_threads";
import { StoreUnavailable } from "@ringback/core";
import type { Gathered } from "../effects.ts";
import type { CommitStatistics } from "../commit-statistics.ts";
import type { TransitionName } from "./transitions.ts";

/** The only message to the thread itself; all others go over the file's own port. */
export interface OpenFileInThread {
  readonly start: ThreadStart;
  readonly port: MessagePort;
}

export interface ThreadStart {
  /** The real path of a file that is locked, migrated and open in the main thread. */
  readonly file: string;
  readonly masterKey: Uint8Array;
  readonly formerMasterKeys: readonly Uint8Array[];
  /** `seedBytes` of randomness: the thread's ids and nonces come out of it. */
  readonly seed: Uint8Array;
}

export interface ThreadCall {
  readonly id: number;
  readonly name: TransitionName;
  readonly args: readonly unknown[];
}

export type ToThread =
  | {
      readonly kind: "calls";
      readonly calls: readonly ThreadCall[];
      /** Draws of the main thread's `Random.unit`, for the jitter of what is decided in the thread. */
      readonly units: readonly number[];
    }
  | { readonly kind: "close" };

export type ThreadOutcome =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: ThrownInThread };

export type FromThread =
  | { readonly kind: "open" }
  | { readonly kind: "refused"; readonly failure: ThrownInThread }
  | {
      readonly kind: "outcomes";
      readonly outcomes: readonly ThreadOutcome[];
      /** What the commits since the last message set off. */
      readonly gathered: readonly Gathered[];
      readonly statistics: CommitStatistics;
      /** How many of the units it was handed the thread has used since the last message. */
      readonly unitsUsed: number;
    };

/** An error on its way between threads, where classes and extra properties would be lost. */
export interface ThrownInThread {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a StoreUnavailable, or SQLite's own. */
  readonly code: string | undefined;
}

export function packThrown(thrown: unknown): ThrownInThread {
  if (!(thrown instanceof Error)) {
    return { name: "Error", message: String(thrown), stack: undefined, code: undefined };
  }
  const { name, message, stack } = thrown;
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
  return { name, message, stack, code };
}

export function unpackThrown({ name, message, stack, code }: ThrownInThread): Error {
  if (name === "StoreUnavailable") return new StoreUnavailable(code as StoreUnavailable["code"], message);
  const thrown = new Error(message);
  thrown.name = name;
  if (stack !== undefined) thrown.stack = stack;
  return code === undefined ? thrown : Object.assign(thrown, { code });
}
