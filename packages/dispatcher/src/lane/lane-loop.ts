// One turn at a lane: claims what is due in batches, keeps a bounded number of attempts in flight, records each as it ends.
import {
  slotsOf,
  StoreUnavailable,
  type AttemptRecord,
  type ClaimedDelivery,
  type Clock,
  type LanePace,
  type LaneStore,
  type LaneTurn,
  type Log,
  type Random,
} from "@ringback/core";
import { ClaimsAhead } from "./claims-ahead.ts";
import { RecordBatch } from "./record-batch.ts";

export interface LaneLoopOptions {
  readonly lanes: LaneStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Attempts in flight at once, where the lane does not say. */
  readonly concurrency: number;
  /** Makes one attempt; never rejects. */
  readonly attempt: (delivery: ClaimedDelivery) => Promise<AttemptRecord>;
  /** Ends every attempt in flight at once. */
  readonly breakOff: () => void;
}

/** How long freed slots wait for more of them, so that claims stay batches. */
const refillMs = 5;
/** Slots are refilled, and attempts recorded, when this part of the slots has become free. */
const batchesPerRound = 4;
/** How often a turn that is to end still listens for rings, while attempts are in flight. */
const listenAgainMs = 1_000;
const storeRetryMinMs = 100;
const storeRetryMaxMs = 2_000;
/** How long a turn with a fault keeps its lane before it ends, up to twice that: the next turn may meet the same fault. */
const faultPauseMinMs = 1_000;
/** A turn waits so long for a lane whose next delivery may not be claimed yet; for longer, the lane is given back. */
const paceWaitMaxMs = 1_000;
/** Unrecorded attempts, as a multiple of the slots, at which nothing more is claimed. */
const unrecordedFactor = 4;

export class LaneLoop {
  readonly #turn: LaneTurn;
  readonly #options: LaneLoopOptions;
  readonly #records: RecordBatch;
  readonly #ahead: ClaimsAhead;
  readonly #over = new AbortController();
  #inFlight = 0;
  #unrecorded = 0;
  /** Claims that are being given back. */
  #unclaiming = 0;
  /** Something may be due that has not been claimed. */
  #mayBeDue = true;
  #isListening = false;
  /** The runner's last word: the turn is to end. */
  #wasDismissed = false;
  #isDraining = false;
  /** A claim failed, or a record could not be kept: nothing more is claimed, and the turn ends after a pause. */
  #isFaulty = false;
  /** The freed slots have waited long enough. */
  #refillNow = false;
  #isRefillArmed = false;
  /** How the lane may be served, as the last claim told. */
  #pace: LanePace | null = null;
  /** Something is due, and its rate forbids to claim it for a moment. */
  #isPacing = false;
  #wake: () => void = nothing;

  constructor(turn: LaneTurn, options: LaneLoopOptions) {
    const { lanes, clock, concurrency } = options;
    this.#turn = turn;
    this.#options = options;
    this.#ahead = new ClaimsAhead({ clock, overdue: () => void this.#unclaim() });
    this.#records = new RecordBatch({ lanes, clock, recordsMax: Math.ceil(concurrency / batchesPerRound) });
  }

  /** Resolves with no attempt in flight; never rejects. */
  async run(): Promise<void> {
    const { drain, lost } = this.#turn;
    const onDrain = (): void => this.drain();
    const onLost = (): void => this.abandon();
    drain.addEventListener("abort", onDrain);
    lost.addEventListener("abort", onLost);
    if (drain.aborted) onDrain();
    if (lost.aborted) onLost();
    while (!this.#isOver) {
      if (this.#mayClaim()) await this.#claim();
      else {
        this.#records.release();
        this.#listen();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
    this.#over.abort();
    drain.removeEventListener("abort", onDrain);
    lost.removeEventListener("abort", onLost);
  }

  /** Claims no more; what is in flight ends and is recorded. */
  drain(): void {
    this.#isDraining = true;
    this.#wake();
  }

  /** Breaks off what is in flight, begins nothing more, and records none of it: the lease is gone, or the process is. */
  abandon(): void {
    if (this.#isAbandoned) return;
    this.#over.abort();
    this.#ahead.takeBack();
    this.#options.breakOff();
    this.#wake();
  }

  get #isAbandoned(): boolean {
    return this.#over.signal.aborted;
  }

  get #isOver(): boolean {
    if (this.#inFlight + this.#unrecorded + this.#ahead.size + this.#unclaiming > 0) return false;
    if (this.#isAbandoned || this.#isDraining) return true;
    return !this.#isFaulty && this.#wasDismissed && !this.#mayBeDue && !this.#isPacing;
  }

  #mayClaim(): boolean {
    if (!this.#mayBeDue || this.#isDraining || this.#isAbandoned || this.#isFaulty) return false;
    const { claimable, free } = this.#room();
    if (free <= 0 || this.#unrecorded >= claimable * unrecordedFactor) return false;
    if (free * batchesPerRound >= claimable || this.#refillNow) return true;
    this.#armRefill();
    return false;
  }

  /** How many may be claimed and not over, and how many of those are free. Where the lane has a pace, nothing waits for a slot. */
  #room(): { readonly claimable: number; readonly free: number } {
    const slots = this.#slots;
    const claimable = this.#pace === null ? slots + this.#ahead.allowed(slots) : slots;
    return { claimable, free: claimable - this.#inFlight - this.#ahead.size };
  }

  #armRefill(): void {
    if (this.#isRefillArmed) return;
    this.#isRefillArmed = true;
    this.#options.clock.after(refillMs, () => {
      this.#isRefillArmed = false;
      this.#refillNow = true;
      this.#wake();
    });
  }

  async #claim(): Promise<void> {
    const { lanes, clock, log } = this.#options;
    const limit = this.#room().free;
    const inFlight = this.#inFlight + this.#ahead.size;
    this.#refillNow = false;
    this.#mayBeDue = false;
    // In the same turn of the event loop as the claim, so that both share its commit; what ends meanwhile shares the next one's.
    this.#records.flush();
    this.#records.hold();
    this.#ahead.claimAsked();
    try {
      const now = clock.now();
      const claimed = await lanes.claimDeliveries(this.#turn.lane, { now, limit, inFlight });
      if (claimed.kind === "lost") return this.abandon();
      if (this.#isAbandoned) return;
      this.#pace = claimed.pace;
      if (claimed.pace !== null) this.#keepPace(claimed.pace, { now, claimed: claimed.deliveries.length });
      if (claimed.deliveries.length >= limit) this.#mayBeDue = true;
      if (claimed.pace !== null) void this.#unclaim();
      this.#ahead.claimAnswered(claimed.deliveries, this.#inFlight * 2 < this.#slots);
      this.#fill();
    } catch (thrown) {
      log.warn("claim_failed", { ...this.#laneFields(), reason: reasonOf(thrown) });
      void this.#endAfterFault();
    }
  }

  /** Begins what waits for a slot. */
  #fill(): void {
    while (this.#inFlight < this.#slots) {
      const next = this.#ahead.take();
      if (next === undefined) return;
      void this.#carry(next);
    }
  }

  /** Gives back what waits for a slot. What cannot be given back is told as `outcome_unknown` when the lane is released. */
  async #unclaim(): Promise<void> {
    const unbegun = this.#ahead
      .takeBack()
      .map(({ id, attempt, startedAt }) => ({ deliveryId: id, n: attempt, startedAt }));
    if (unbegun.length === 0) return;
    const { lanes, clock } = this.#options;
    this.#unclaiming += unbegun.length;
    // One that is told as lost may have been given back by an earlier try; that the lease is lost is told elsewhere, too.
    const isStored = await this.#store("unclaim_failed", {}, async () => {
      await lanes.unclaimDeliveries(this.#turn.lane, unbegun, clock.now());
    });
    if (!isStored) void this.#endAfterFault();
    this.#unclaiming -= unbegun.length;
    // A turn that was told to end leaves it to the next one: others wait for the slot.
    if (!this.#wasDismissed) this.#mayBeDue = true;
    this.#wake();
  }

  get #slots(): number {
    const { concurrency } = this.#options;
    const { maxInFlight = null } = this.#pace ?? {};
    const allowed = this.#pace === null ? null : slotsOf(this.#pace);
    // The breaker's and the order's numbers lessen the lane's own, which may be greater than ours.
    return Math.min(maxInFlight ?? concurrency, allowed ?? Number.POSITIVE_INFINITY);
  }

  /** Looks again when the lane's rate allows more, and after each attempt of a lane that has fewer slots than it could use. */
  #keepPace(pace: LanePace, { now, claimed }: { readonly now: number; readonly claimed: number }): void {
    const slots = slotsOf(pace);
    const waitMs = pace.notBefore === null ? 0 : pace.notBefore - now;
    if (waitMs <= 0) {
      // The next claim may get more, once what is in flight has ended: the breaker ramps up, and the order goes on.
      if (claimed > 0 && slots !== null && claimed + this.#inFlight >= slots) this.#mayBeDue = true;
    } else if (claimed > 0 && waitMs <= paceWaitMaxMs) this.#lookIn(waitMs);
  }

  #lookIn(waitMs: number): void {
    this.#isPacing = true;
    const { clock } = this.#options;
    const { signal } = this.#over;
    const forget = clock.after(waitMs, () => {
      signal.removeEventListener("abort", forget);
      this.#isPacing = false;
      this.#mayBeDue = true;
      this.#wake();
    });
    signal.addEventListener("abort", forget, { once: true });
  }

  /** Takes a delivery through its attempt and its record. Its slot is free as soon as the receiver is done with it. */
  async #carry(delivery: ClaimedDelivery): Promise<void> {
    this.#inFlight += 1;
    this.#unrecorded += 1;
    try {
      const record = await this.#options.attempt(delivery);
      this.#inFlight -= 1;
      this.#ahead.attemptEnded();
      if (record.ended.outcome !== "delivered") void this.#unclaim();
      this.#fill();
      const recorded = this.#record(record);
      if (this.#inFlight === 0) this.#records.flush();
      this.#wake();
      await recorded;
    } finally {
      this.#unrecorded -= 1;
      this.#wake();
    }
  }

  /** A result is worth more than the request was: what cannot be stored is stored without its findings. */
  async #record(record: AttemptRecord): Promise<void> {
    const add = async (candidate: AttemptRecord): Promise<void> => {
      if ((await this.#records.add(candidate)) === "lost") this.abandon();
    };
    const fields = { deliveryId: record.deliveryId };
    if (await this.#store("record_failed", fields, () => add(record))) return;
    if (!(await this.#store("record_failed", fields, () => add(withoutFindings(record)))))
      void this.#endAfterFault();
  }

  /** Asks the store until it is there or the lease is gone; false when it was there and could not do it. */
  async #store(event: string, fields: object, ask: () => Promise<void>): Promise<boolean> {
    for (let tries = 0; !this.#isAbandoned; tries += 1) {
      try {
        await ask();
        return true;
      } catch (thrown) {
        this.#options.log.warn(event, { ...this.#laneFields(), ...fields, reason: reasonOf(thrown) });
        if (!(thrown instanceof StoreUnavailable)) return false;
        await this.#pause(Math.min(storeRetryMaxMs, storeRetryMinMs * 2 ** Math.min(tries, 10)));
      }
    }
    return true;
  }

  /** Without the pause a fault that stays would be met again at once: claims would spin, and what cannot be recorded be sent. */
  async #endAfterFault(): Promise<void> {
    if (this.#isFaulty) return;
    this.#isFaulty = true;
    // Nothing more is begun, either: its result might find no place.
    void this.#unclaim();
    await this.#pause(faultPauseMinMs * (1 + this.#options.random.unit()));
    this.drain();
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#over;
    return new Promise((resolve) => {
      const forget = this.#options.clock.after(delayMs, () => {
        signal.removeEventListener("abort", onOver);
        resolve();
      });
      const onOver = (): void => {
        forget();
        resolve();
      };
      signal.addEventListener("abort", onOver, { once: true });
    });
  }

  /** Waits for a ring beside the attempts in flight, so that a slow receiver does not keep what is new waiting. */
  #listen(): void {
    if (this.#isListening || this.#mayBeDue || this.#isDraining || this.#isAbandoned) return;
    this.#isListening = true;
    void this.#turn.rung().then(
      (rung) => this.#hear(rung),
      () => this.drain(),
    );
  }

  #hear(rung: boolean): void {
    if (this.#over.signal.aborted) return;
    this.#wasDismissed = !rung;
    if (rung) {
      this.#mayBeDue = true;
      this.#isListening = false;
    } else {
      const forget = this.#options.clock.after(listenAgainMs, () => {
        this.#over.signal.removeEventListener("abort", forget);
        this.#isListening = false;
        this.#wake();
      });
      this.#over.signal.addEventListener("abort", forget, { once: true });
    }
    this.#wake();
  }

  #laneFields(): { readonly tenantId: string; readonly laneId: string } {
    const { tenantId, laneId } = this.#turn.lane;
    return { tenantId, laneId };
  }
}

function nothing(): void {}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What can be recorded when the store cannot take the findings themselves: that the attempt was made, and its outcome. */
function withoutFindings(record: AttemptRecord): AttemptRecord {
  const detail = "The findings of this attempt could not be stored.";
  return { ...record, request: null, response: null, peerAddress: null, detail };
}
