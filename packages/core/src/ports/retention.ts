// How long what is over is kept before it is deleted.
import type { Instant } from "./time.ts";

/** Milliseconds for which each is kept. What is still owed, and what it needs to be sent, stays whatever its age. */
export interface Retention {
  /** Since an event was told: how far back the feed goes. One that a delivery needs is only taken out of the feed then. */
  readonly eventsMs: number;
  /** Since a delivery was delivered or canceled; its attempts and its resolved dead letter go with it. */
  readonly deliveriesMs: number;
  /** Since a delivery was given up; its dead letter and its attempts go with it. */
  readonly deadLettersMs: number;
  /** Since a job's payloads were erased, which `expiresAt` says when: how long it is still told how the job ended. */
  readonly tombstonesMs: number;
  /** Since a delivery has finished: how long the bodies are kept that its receiver answered. Its attempts stay. */
  readonly attemptBodiesMs: number;
  /** Since a replay has finished; its items go with it. */
  readonly replaysMs: number;
}

export interface Expiry {
  readonly now: Instant;
  /** Rows of one transaction; exceeded only by the attempts of its last delivery. */
  readonly limit: number;
  readonly retention: Retention;
}
