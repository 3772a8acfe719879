// Fills the lane slots: claims lanes that are due when rung, hands each to the lane server for a turn, and releases it.
// When lanes wait for a slot, it ends as many turns as are wanted: first those that only linger, then the longest.
import type { Clock, HeldLane, Instant, LaneServer, Log, Random, Store } from "@ringback/core";
import type { Idle } from "./idle.ts";
import { createHeldTurn, type HeldTurn } from "./lane-turn.ts";
import type { Lease } from "./lease-keeper.ts";
import type { RunnerSettings } from "./settings.ts";
import type { RunnerCounters } from "./signals.ts";
import { untilStored } from "./store-retry.ts";

export interface LanePumpOptions {
  readonly lanes: Store["lanes"];
  readonly laneServer: LaneServer;
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: RunnerSettings;
  readonly counters: RunnerCounters;
  readonly idle: Idle;
}

export interface LaneName {
  readonly tenantId: string;
  readonly laneId: string;
}

export interface LanePump {
  /** That lane may have a delivery due. When it is `held`, only its holder can do something about it. */
  ring(lane: LaneName & { readonly held?: true }): void;
  /** Lanes whose lease is held. */
  leases(): readonly Lease<HeldLane>[];
  /** Claims nothing more and lets every turn finish what is in flight. */
  close(): void;
  /** Breaks off what is still in flight; the lanes are released as the turns end. */
  breakOff(): void;
  readonly isIdle: boolean;
  readonly slotsTaken: number;
  readonly slotsFree: number;
  readonly lastClaimAt: Instant | null;
}

/** Rung lanes remembered while no slot is free; those above it the sweep finds again. */
const waitingMax = 10_000;
/** How long a claim that failed waits for another try; a ring or a sweep may be sooner. */
const claimRetryMs = 1_000;

export function createLanePump(options: LanePumpOptions): LanePump {
  const { clock, log, settings, counters, lanes } = options;
  /** By lane, the longest turn first. */
  const turns = new Map<string, HeldTurn>();
  const waiting = new Map<string, LaneName>();
  let releasing: HeldTurn[] = [];
  let slotsTaken = 0;
  let isScheduled = false;
  let isClaiming = false;
  let isClosed = settings.lanesMax === 0;
  let lastClaimAt: Instant | null = null;
  let forgetRetry: (() => void) | null = null;
  let forgetRelief: (() => void) | null = null;

  const slotsFree = (): number => settings.lanesMax - slotsTaken;
  const othersWait = (): boolean => waiting.size > slotsFree();

  function ring({ tenantId, laneId, held }: LaneName & { readonly held?: true }): void {
    if (isClosed) return;
    const lane = { tenantId, laneId };
    const key = laneKey(lane);
    const turn = turns.get(key);
    if (turn !== undefined) turn.ring();
    else if (held === true) return;
    else if (waiting.has(key) || waiting.size < waitingMax) waiting.set(key, lane);
    if (waiting.size > 0) claimSoon();
  }

  /** One turn of the event loop later, so that all lanes rung by one commit are claimed together. */
  function claimSoon(): void {
    if (isScheduled || isClaiming || isClosed) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      void claimWaiting();
    });
  }

  async function claimWaiting(): Promise<void> {
    isClaiming = true;
    let batch: LaneName[] = [];
    try {
      for (batch = takeWaiting(); batch.length > 0; batch = takeWaiting()) {
        await claimBatch(batch);
      }
    } catch (thrown) {
      log.warn("lanes_not_claimed", {
        count: batch.length,
        errorName: thrown instanceof Error ? thrown.name : typeof thrown,
      });
      retryLater(batch);
    } finally {
      isClaiming = false;
      relieve();
      options.idle.look();
    }
  }

  /** As many waiting lanes as there are slots; those that are held by now are rung instead. */
  function takeWaiting(): LaneName[] {
    const batch: LaneName[] = [];
    for (const [key, lane] of waiting) {
      const turn = turns.get(key);
      if (turn === undefined && (isClosed || batch.length >= slotsFree())) continue;
      waiting.delete(key);
      if (turn === undefined) batch.push(lane);
      else turn.ring();
    }
    return batch;
  }

  async function claimBatch(batch: readonly LaneName[]): Promise<void> {
    const endsMs = clock.monotonicMs() + settings.leaseMs;
    const claimed = await lanes.claim({
      holder: options.holder,
      limit: batch.length,
      now: clock.now(),
      leaseMs: settings.leaseMs,
      only: batch,
    });
    if (claimed.length > 0) lastClaimAt = clock.now();
    counters.lanesClaimed += claimed.length;
    for (const lane of claimed) begin(lane, endsMs);
  }

  function retryLater(batch: readonly LaneName[]): void {
    if (isClosed) return;
    for (const lane of batch) waiting.set(laneKey(lane), lane);
    forgetRetry?.();
    forgetRetry = clock.after(claimRetryMs, claimSoon);
  }

  function begin(lane: HeldLane, endsMs: number): void {
    const held = createHeldTurn({
      lane,
      clock,
      lingerMs: settings.laneLingerMs,
      lookMs: settings.sweepMs,
      endsMs,
      othersWait,
      resumed: relieve,
    });
    const key = laneKey(lane);
    turns.get(key)?.lose();
    turns.delete(key);
    turns.set(key, held);
    slotsTaken += 1;
    if (isClosed) held.drain();
    void serve(held);
  }

  async function serve(held: HeldTurn): Promise<void> {
    try {
      await options.laneServer.serve(held.turn);
    } catch (thrown) {
      log.error("lane_turn_failed", {
        laneId: held.key.laneId,
        errorName: thrown instanceof Error ? thrown.name : typeof thrown,
      });
    }
    held.drain();
    releasing.push(held);
    if (releasing.length === 1) setImmediate(() => void releaseTogether());
  }

  async function releaseTogether(): Promise<void> {
    const ended = releasing;
    releasing = [];
    const ours = (): HeldTurn[] => ended.filter((held) => !held.isLost);
    try {
      await untilStored(
        () =>
          lanes.release(
            ours().map((held) => held.key),
            clock.now(),
          ),
        {
          clock,
          random: options.random,
          isOver: () => ours().length === 0,
        },
      );
    } catch (thrown) {
      log.error("lanes_not_released", {
        count: ended.length,
        errorName: thrown instanceof Error ? thrown.name : typeof thrown,
      });
    }
    for (const held of ended) free(held);
    if (waiting.size > 0) claimSoon();
    options.idle.look();
  }

  /** A ring that came too late for the turn is kept for the next one. */
  function free(held: HeldTurn): void {
    const key = laneKey(held.key);
    slotsTaken -= 1;
    if (held.isLost) counters.lanesLost += 1;
    if (turns.get(key) === held) turns.delete(key);
    if (held.isRung && !isClosed && !turns.has(key)) waiting.set(key, held.key);
  }

  /** Makes room for the lanes that wait, and looks again when the next turn has had its slice. */
  function relieve(): void {
    forgetRelief?.();
    forgetRelief = null;
    if (isClosed || !othersWait()) return;
    let wanted = waiting.size - slotsFree() - [...turns.values()].filter((held) => held.isEnding).length;
    for (const held of turns.values()) {
      if (wanted <= 0) return;
      if (held.isEnding) continue;
      held.stopLingering();
      if (held.isEnding) wanted -= 1;
    }
    for (const held of turns.values()) {
      if (wanted <= 0) return;
      if (held.isEnding) continue;
      const restMs = held.startedMs + settings.laneSliceMs - clock.monotonicMs();
      if (restMs > 0) {
        forgetRelief = clock.after(restMs, relieve);
        return;
      }
      held.drain();
      wanted -= 1;
    }
  }

  return {
    ring,
    leases: () => [...turns.values()].filter((held) => !held.isLost),
    close() {
      isClosed = true;
      waiting.clear();
      forgetRetry?.();
      forgetRelief?.();
      for (const held of turns.values()) held.drain();
    },
    breakOff() {
      for (const held of turns.values()) held.breakOff();
    },
    get isIdle() {
      return slotsTaken === 0 && !isClaiming && !isScheduled && waiting.size === 0;
    },
    get slotsTaken() {
      return slotsTaken;
    },
    get slotsFree() {
      return Math.max(0, slotsFree());
    },
    get lastClaimAt() {
      return lastClaimAt;
    },
  };
}

function laneKey(lane: LaneName): string {
  return `${lane.tenantId} ${lane.laneId}`;
}
