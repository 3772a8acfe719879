// What a store should be after the same commands: the rules of ARCHITECTURE.md and of the contract, written a second time, in
// a way of their own. Nothing here asks core's decisions or the store.
import { leaseMs } from "../../conformance/scene.ts";
import type { Command } from "./commands.ts";
import type { ModelDelivery, Receiver } from "./model-delivery.ts";
import { ReplayModel } from "./model-replays.ts";

interface ModelJob {
  status: "queued" | "running" | "succeeded" | "failed" | "canceled";
  runs: number;
  lost: number;
  released: number;
  dueAt: number;
  leaseUntil: number;
  isCancelRequested: boolean;
  readonly callback: "none" | Receiver;
  readonly maxRuns: number;
}

/** What there is to see, with everything named by its place. */
export interface Seen {
  readonly jobs: readonly (readonly [status: string, runs: number, counts: string | null])[];
  readonly deliveries: readonly (readonly [
    event: number,
    receiver: Receiver,
    status: string,
    attempts: number,
    dueAt: number | null,
    code: string | null,
  ])[];
  readonly events: readonly (readonly [type: string, job: number | null, isTaken: boolean])[];
  readonly paused: readonly (string | null)[];
  /** Those that are open, the last to die first. */
  readonly letters: readonly (readonly [delivery: number, reason: string, diedAt: number])[];
  readonly replays: readonly string[];
}

/** What the two endpoints hear beside the callbacks that name them, and after which delays they are tried again. */
export const endpointsOfProof = [
  { events: ["job.*", "own.first"], retry: [2_000, 10_000] },
  { events: ["job.failed", "own.*"], retry: [4_000] },
] as const;
const inlineRetry = [
  5_000, 25_000, 125_000, 625_000, 3_125_000, 15_625_000, 78_125_000, 86_400_000, 86_400_000,
];
export const overlapMs = 50_000;
export const keyTtlMs = 100_000;
const lostRunsMax = 3;

export class Model {
  readonly #jobs: ModelJob[] = [];
  readonly #deliveries: ModelDelivery[] = [];
  readonly #events: { readonly type: string; readonly job: number | null }[] = [];
  readonly #paused: (string | null)[] = [null, null];
  readonly #laneLease = new Map<Receiver, number>();
  readonly #keys = new Map<
    number,
    { readonly type: string; readonly until: number; readonly event: number }
  >();
  #secretsUntil: number[] = [Number.POSITIVE_INFINITY];
  readonly replays = new ReplayModel({
    all: this.#deliveries,
    redeliver: (place, now) => this.redeliver(place, now),
  });

  submit({ callback, maxRuns }: Extract<Command, { kind: "submit" }>, now: number): void {
    const fresh = { runs: 0, lost: 0, released: 0, dueAt: now, leaseUntil: 0, isCancelRequested: false };
    const job = this.#jobs.push({ status: "queued", ...fresh, callback, maxRuns }) - 1;
    this.#tellOfJob(job, "job.queued", now);
  }

  /** The kind of the answer, and the place of the event that it names. */
  tell({ type, key }: Extract<Command, { kind: "tell" }>, now: number): readonly [string, number] {
    const used = key === null ? undefined : this.#keys.get(key);
    if (used !== undefined && used.until > now) {
      return [used.type === type ? "replayed" : "key_reused", used.event];
    }
    const event = this.#tell(type, null, this.#listeners(type, null), now);
    if (key !== null) this.#keys.set(key, { type, until: now + keyTtlMs, event });
    return ["accepted", event];
  }

  /** The place of the job that has been due the longest; null when none is. */
  claimRun(now: number): number | null {
    const due = this.#jobs.filter(({ status, dueAt }) => status === "queued" && dueAt <= now);
    const first = due.toSorted((one, other) => one.dueAt - other.dueAt)[0];
    if (first === undefined) return null;
    const place = this.#jobs.indexOf(first);
    Object.assign(first, { status: "running", runs: first.runs + 1, leaseUntil: now + leaseMs });
    this.#tellOfJob(place, "job.started", now);
    return place;
  }

  /** The status that the job has then, or `lost` when this run is no longer the job's. */
  endRun(
    run: { readonly job: number; readonly number: number },
    how: Extract<Command, { kind: "endRun" }>["how"],
    now: number,
  ): string {
    const job = this.#jobAt(run.job);
    if (job.status !== "running" || job.runs !== run.number) return "lost";
    if (job.isCancelRequested) return this.#end(run.job, "canceled", now);
    if (how === "succeed") return this.#end(run.job, "succeeded", now);
    if (how === "release") {
      job.released += 1;
      return this.#queueAgain(job, now);
    }
    const failed = job.runs - job.lost - job.released;
    if (how === "failForGood" || failed >= job.maxRuns) return this.#end(run.job, "failed", now);
    return this.#queueAgain(job, now + Math.min(60_000, 1_000 * 2 ** (failed - 1)));
  }

  cancel(place: number, now: number): string {
    const job = this.#jobAt(place);
    if (job.status === "canceled") return "canceled";
    if (job.status === "queued") return this.#end(place, "canceled", now);
    if (job.status !== "running") return "finished";
    job.isCancelRequested = true;
    return "requested";
  }

  /** The places of the deliveries that are taken. */
  takeDeliveries(now: number): number[] {
    const taken: number[] = [];
    for (const receiver of ["inline", 0, 1] as const) {
      if (this.#laneLease.has(receiver) || this.#isPaused(receiver)) continue;
      const due = this.#places(
        (one) => one.receiver === receiver && one.status === "pending" && !one.isInFlight && one.dueAt <= now,
      );
      if (due.length === 0) continue;
      this.#laneLease.set(receiver, now + leaseMs);
      for (const place of due) this.#deliveryAt(place).isInFlight = true;
      taken.push(...due);
    }
    return taken.toSorted((one, other) => one - other);
  }

  secretsActive(now: number): number {
    return this.#secretsUntil.filter((until) => until > now).length;
  }

  record(
    attempt: { readonly delivery: number; readonly n: number },
    code: Extract<Command, { kind: "record" }>["code"],
    now: number,
  ): string {
    const delivery = this.#inFlight(attempt);
    if (delivery === null) return "lost";
    const { receiver } = delivery;
    this.#endAttempt(delivery, code, now);
    if (code === "gone" && receiver !== "inline") this.#paused[receiver] ??= "gone";
    return "recorded";
  }

  unclaim(attempt: { readonly delivery: number; readonly n: number }, now: number): string {
    const delivery = this.#inFlight(attempt);
    if (delivery === null) return "lost";
    if (delivery.isAskedForAgain) delivery.dueAt = now;
    Object.assign(delivery, { isInFlight: false, isAskedForAgain: false });
    return "unclaimed";
  }

  #inFlight({ delivery: place, n }: { readonly delivery: number; readonly n: number }): ModelDelivery | null {
    const delivery = this.#deliveryAt(place);
    return delivery.isInFlight && delivery.attempts + 1 === n ? delivery : null;
  }

  releaseLanes(now: number): void {
    for (const receiver of this.#laneLease.keys()) this.#freeLane(receiver, now);
  }

  redeliver(place: number, now: number): void {
    const delivery = this.#deliveryAt(place);
    if (delivery.isInFlight) {
      delivery.isAskedForAgain = true;
      return;
    }
    if (delivery.status !== "pending") delivery.failures = 0;
    Object.assign(delivery, { status: "pending", dueAt: now });
  }

  /** What has become of its dead letter; null when it has none. */
  discard(place: number): string | null {
    const { letter } = this.#deliveryAt(place);
    if (letter?.state === "open") letter.state = "discarded";
    return letter?.state ?? null;
  }

  setPaused(endpoint: 0 | 1, isPaused: boolean): void {
    this.#paused[endpoint] = isPaused ? "operator" : null;
  }

  rotate(now: number): void {
    this.#secretsUntil = this.#secretsUntil.map((until) => Math.min(until, now + overlapMs));
    this.#secretsUntil.push(Number.POSITIVE_INFINITY);
  }

  recover(now: number): void {
    const lapsed = [...this.#jobs.entries()].filter(
      ([, { status, leaseUntil }]) => status === "running" && leaseUntil <= now,
    );
    for (const [place, job] of lapsed.toSorted(([, one], [, other]) => one.leaseUntil - other.leaseUntil)) {
      if (job.isCancelRequested) this.#end(place, "canceled", now);
      else if (job.lost + 1 >= lostRunsMax) this.#end(place, "failed", now);
      else {
        job.lost += 1;
        this.#queueAgain(job, now);
      }
    }
    for (const [receiver, until] of this.#laneLease) if (until <= now) this.#freeLane(receiver, now);
  }

  seen(): Seen {
    return {
      jobs: this.#jobs.map(({ status, runs, callback }, place) => [
        status,
        runs,
        callback === "none" ? null : this.#countsOf(place),
      ]),
      deliveries: this.#deliveries.map(({ event, receiver, status, attempts, dueAt, code }) => [
        event,
        receiver,
        status,
        attempts,
        status === "pending" && !this.#isPaused(receiver) ? dueAt : null,
        code,
      ]),
      events: this.#events.map(({ type, job }, place) => [
        type,
        job,
        this.#deliveries.some(({ event, wasTaken }) => event === place && wasTaken),
      ]),
      paused: [...this.#paused],
      letters: this.#openLetters(),
      replays: this.replays.seen(),
    };
  }

  #openLetters(): [number, string, number][] {
    return this.#deliveries
      .flatMap(({ letter }, place): [number, string, number][] =>
        letter?.state === "open" ? [[place, letter.reason, letter.diedAt]] : [],
      )
      .toSorted(([one, , died], [other, , diedToo]) => (died === diedToo ? other - one : diedToo - died));
  }

  #countsOf(job: number): string {
    const own = this.#deliveries.filter((one) => one.ofJob === job);
    const count = (wanted: string): number => own.filter(({ status }) => status === wanted).length;
    return `${count("pending")} ${count("delivered")} ${count("dead")}`;
  }

  #tellOfJob(place: number, type: string, now: number): void {
    const job = this.#jobAt(place);
    const isEnd = ["succeeded", "failed", "canceled"].includes(job.status);
    const own = job.callback !== "none" && isEnd ? job.callback : null;
    const listeners = this.#listeners(type, own);
    if (isEnd || listeners.length > 0) this.#tell(type, { place, own }, listeners, now);
  }

  /** A callback is told of the end alone; who is named by it is told once. */
  #listeners(type: string, own: Receiver | null): readonly Receiver[] {
    const others = ([0, 1] as const).filter(
      (endpoint) =>
        endpoint !== own &&
        endpointsOfProof[endpoint].events.some(
          (pattern) => pattern === type || (pattern.endsWith("*") && type.startsWith(pattern.slice(0, -1))),
        ),
    );
    return own === null ? others : [own, ...others];
  }

  #tell(
    type: string,
    job: { readonly place: number; readonly own: Receiver | null } | null,
    listeners: readonly Receiver[],
    now: number,
  ): number {
    const event = this.#events.push({ type, job: job?.place ?? null }) - 1;
    const none = {
      attempts: 0,
      isInFlight: false,
      isAskedForAgain: false,
      failures: 0,
      code: null,
      wasTaken: false,
      letter: null,
    };
    for (const receiver of listeners) {
      const ofJob = job !== null && receiver === job.own ? job.place : null;
      this.#deliveries.push({ event, receiver, ofJob, status: "pending", dueAt: now, ...none });
    }
    return event;
  }

  #end(place: number, status: "succeeded" | "failed" | "canceled", now: number): string {
    this.#jobAt(place).status = status;
    this.#tellOfJob(place, `job.${status}`, now);
    return status;
  }

  #queueAgain(job: ModelJob, dueAt: number): string {
    Object.assign(job, { status: "queued", dueAt });
    return "queued";
  }

  #endAttempt(delivery: ModelDelivery, code: string, now: number): void {
    delivery.attempts += 1;
    delivery.code = code;
    delivery.isInFlight = false;
    if (code === "ok") delivery.wasTaken = true;
    if (delivery.isAskedForAgain) {
      Object.assign(delivery, { isAskedForAgain: false, dueAt: now, failures: 0 });
      return;
    }
    if (code === "ok") {
      delivery.status = "delivered";
      if (delivery.letter !== null) delivery.letter.state = "resolved";
    } else if (code === "outcome_unknown") delivery.dueAt = now;
    else this.#retryOrGiveUp(delivery, now);
  }

  #retryOrGiveUp(delivery: ModelDelivery, now: number): void {
    const { receiver, code } = delivery;
    const delays: readonly number[] = receiver === "inline" ? inlineRetry : endpointsOfProof[receiver].retry;
    const delay = code === "http_5xx" ? delays[delivery.failures] : undefined;
    if (delay === undefined) {
      delivery.status = "dead";
      delivery.letter = { reason: code ?? "", diedAt: now, state: "open" };
      return;
    }
    delivery.failures += 1;
    delivery.dueAt = now + delay;
  }

  #freeLane(receiver: Receiver, now: number): void {
    this.#laneLease.delete(receiver);
    for (const place of this.#places((one) => one.receiver === receiver && one.isInFlight)) {
      this.#endAttempt(this.#deliveryAt(place), "outcome_unknown", now);
    }
  }

  #isPaused(receiver: Receiver): boolean {
    return receiver !== "inline" && (this.#paused[receiver] ?? null) !== null;
  }

  #places(holds: (delivery: ModelDelivery) => boolean): number[] {
    return [...this.#deliveries.entries()].flatMap(([place, one]) => (holds(one) ? [place] : []));
  }

  #jobAt(place: number): ModelJob {
    const job = this.#jobs[place];
    if (job === undefined) throw new Error(`the model has no job ${place}`);
    return job;
  }

  #deliveryAt(place: number): ModelDelivery {
    const delivery = this.#deliveries[place];
    if (delivery === undefined) throw new Error(`the model has no delivery ${place}`);
    return delivery;
  }
}
