// What replays should be after the same commands, as part of the model: the rules of the contract and of core's `replay.ts`, written a
// second time. Nothing here asks core's decisions or the store.
import { leaseMs } from "../../conformance/scene.ts";
import type { Command } from "./commands.ts";
import type { ModelDelivery } from "./model-delivery.ts";

/** The model's deliveries, as far as a replay has to do with them. */
export interface ReplayedDeliveries {
  readonly all: readonly ModelDelivery[];
  readonly redeliver: (place: number, now: number) => void;
}

interface Item {
  readonly delivery: number;
  state: "waiting" | "under way" | "delivered" | "failed" | "skipped";
  attemptsBefore: number;
}

type Asked = Extract<Command, { kind: "replay" }>;

interface ModelReplay extends Pick<Asked, "filter" | "order" | "ratePerSecond" | "stopAfterFailureRatio"> {
  readonly createdAt: number;
  readonly items: Item[];
  status: "preparing" | "running" | "paused" | "stopped" | "completed" | "canceled";
  version: number;
  token: number;
  heldUntil: number | null;
  nextAt: number;
  /** The dead letter that was looked at last while its items were being fixed. */
  lookedAt: { readonly diedAt: number; readonly place: number } | null;
  /** What has ended since it was made or resumed. */
  judged: { delivered: number; failed: number };
}

/** What the step of somebody who may hold a replay answers: when it goes on, or that it does not. */
export type Stepped = "over" | "lost" | "at_once" | "by_looking" | number;

export class ReplayModel {
  readonly #replays: ModelReplay[] = [];
  readonly #deliveries: ReplayedDeliveries;

  constructor(deliveries: ReplayedDeliveries) {
    this.#deliveries = deliveries;
  }

  /** The kind of the answer, and the place of the replay that it names. */
  create(asked: Asked, now: number): readonly [string, number] {
    const same = this.#replays.findIndex((one) => one.filter === asked.filter && !isDone(one));
    if (same !== -1) return ["running", same];
    const { filter, order, ratePerSecond, stopAfterFailureRatio } = asked;
    const plan = { filter, order, ratePerSecond, stopAfterFailureRatio };
    const unheld = { version: 1, token: 0, heldUntil: null, lookedAt: null };
    const judged = { delivered: 0, failed: 0 };
    const fresh = { ...plan, ...unheld, judged, createdAt: now, nextAt: now, items: [] };
    return ["created", this.#replays.push({ ...fresh, status: "preparing" }) - 1];
  }

  change(place: number, verb: "pause" | "resume" | "cancel", now: number): string {
    const replay = this.#at(place);
    const { status } = replay;
    if (status === "completed" || (status === "canceled" && verb !== "cancel")) return "finished";
    const isGoingOn = status === "preparing" || status === "running";
    if (verb === "cancel" ? status === "canceled" : (verb === "resume") === isGoingOn) return "unchanged";
    if (verb === "resume") Object.assign(replay, { nextAt: now, judged: { delivered: 0, failed: 0 } });
    replay.status = ({ pause: "paused", resume: "preparing", cancel: "canceled" } as const)[verb];
    replay.heldUntil = null;
    replay.version += 1;
    return "changed";
  }

  /** The places of those that are free, each with the token that its holder has then. */
  claim(now: number): (readonly [place: number, token: number])[] {
    return [...this.#replays.entries()].flatMap(([place, replay]) => {
      const isGoingOn = replay.status === "preparing" || replay.status === "running";
      if (!isGoingOn || (replay.heldUntil ?? 0) > now) return [];
      replay.heldUntil = now + leaseMs;
      replay.token += 1;
      return [[place, replay.token] as const];
    });
  }

  release(place: number, token: number): void {
    const replay = this.#at(place);
    if (replay.token === token) replay.heldUntil = null;
  }

  step([place, token]: readonly [number, number], limit: number, now: number): Stepped {
    const replay = this.#at(place);
    if (replay.heldUntil === null || replay.token !== token) return "lost";
    const before = countsOf(replay);
    if (replay.status === "preparing") this.#prepare(replay, limit);
    else this.#work(replay, limit, now);
    if (countsOf(replay) !== before) replay.version += 1;
    if (isDone(replay) || replay.status === "stopped") {
      replay.heldUntil = null;
      return "over";
    }
    replay.heldUntil = now + leaseMs;
    if (replay.status === "preparing") return "at_once";
    const isHeldBack = count(replay, "waiting") === 0 || count(replay, "under way") >= atOnceMax(replay);
    return isHeldBack ? "by_looking" : replay.nextAt;
  }

  seen(): string[] {
    return this.#replays.map((replay) => `${countsOf(replay)}, version ${replay.version}`);
  }

  /** Its items are the dead letters that were open when it was made, and still are when they are looked at. */
  #prepare(replay: ModelReplay, limit: number): void {
    const { order, lookedAt, createdAt, filter } = replay;
    const sign = order === "oldest" ? 1 : -1;
    const letters = [...this.#deliveries.all.entries()]
      .flatMap(([place, { letter }]) => (letter?.state === "open" ? [{ place, diedAt: letter.diedAt }] : []))
      .filter((one) => one.diedAt <= createdAt)
      .filter((one) => lookedAt === null || sign * apart(one, lookedAt) > 0)
      .toSorted((one, other) => sign * apart(one, other))
      .slice(0, limit);
    for (const { place } of letters) {
      const { receiver, letter } = this.#delivery(place);
      const isSelected =
        filter === "all" || (filter === "endpoint" ? receiver === 0 : letter?.reason === filter);
      if (isSelected) replay.items.push({ delivery: place, state: "waiting", attemptsBefore: 0 });
    }
    replay.lookedAt = letters.at(-1) ?? lookedAt;
    if (letters.length < limit) replay.status = "running";
  }

  #work(replay: ModelReplay, limit: number, now: number): void {
    for (const item of replay.items) {
      if (item.state !== "under way") continue;
      item.state = this.#fateOf(item);
      if (item.state === "delivered" || item.state === "failed") replay.judged[item.state] += 1;
    }
    if (!endsBy(replay)) this.#make(replay, limit, now);
  }

  /** Makes as many as have come due by its rate since the last one, or within a second. */
  #make(replay: ModelReplay, limit: number, now: number): void {
    const { ratePerSecond } = replay;
    const since = Math.max(replay.nextAt, now - 1_000);
    const due = since > now ? 0 : 1 + Math.floor(((now - since) * ratePerSecond) / 1_000);
    const room = Math.max(0, atOnceMax(replay) - count(replay, "under way"));
    const turn = replay.items.filter(({ state }) => state === "waiting").slice(0, Math.min(limit, due, room));
    let made = 0;
    for (const item of turn) {
      const { status, letter, attempts } = this.#delivery(item.delivery);
      if (status !== "dead" || letter?.state !== "open") {
        item.state = "skipped";
        continue;
      }
      this.#deliveries.redeliver(item.delivery, now);
      Object.assign(item, { state: "under way", attemptsBefore: attempts });
      made += 1;
    }
    if (made > 0) replay.nextAt = since + Math.ceil((made * 1_000) / ratePerSecond);
    endsBy(replay);
  }

  #fateOf({ delivery: place, attemptsBefore }: Item): Item["state"] {
    const { attempts, status, code } = this.#delivery(place);
    if (attempts === attemptsBefore) return "under way";
    if (status === "delivered") return "delivered";
    return status === "pending" && code === "outcome_unknown" ? "under way" : "failed";
  }

  #at(place: number): ModelReplay {
    const replay = this.#replays[place];
    if (replay === undefined) throw new Error(`the model has no replay ${place}`);
    return replay;
  }

  #delivery(place: number): ModelDelivery {
    const delivery = this.#deliveries.all[place];
    if (delivery === undefined) throw new Error(`the model has no delivery ${place}`);
    return delivery;
  }
}

function isDone({ status }: ModelReplay): boolean {
  return status === "completed" || status === "canceled";
}

/** Whether it is completed by now, or stopped since too much of what it made has failed. */
function endsBy(replay: ModelReplay): boolean {
  const { stopAfterFailureRatio: ratio, judged, items } = replay;
  const waiting = count(replay, "waiting");
  if (waiting + count(replay, "under way") === 0) replay.status = "completed";
  else if (ratio !== null && waiting > 0) {
    const ended = judged.delivered + judged.failed;
    const isTelling = ended > 0 && ended >= Math.min(20, Math.ceil(items.length / 2));
    if (isTelling && judged.failed > ratio * ended) replay.status = "stopped";
  }
  return replay.status !== "running";
}

function countsOf(replay: ModelReplay): string {
  const of = (state: Item["state"]): string => `${state} ${count(replay, state)}`;
  const states = ["waiting", "under way", "delivered", "failed", "skipped"] as const;
  return `${replay.status}: ${states.map(of).join(", ")}`;
}

function count({ items }: ModelReplay, wanted: Item["state"]): number {
  return items.filter(({ state }) => state === wanted).length;
}

/** Ten seconds' worth. */
function atOnceMax({ ratePerSecond }: ModelReplay): number {
  return Math.max(20, 10 * ratePerSecond);
}

/** Of two dead letters, below zero when the one died before the other. */
function apart(
  one: { readonly diedAt: number; readonly place: number },
  other: { readonly diedAt: number; readonly place: number },
): number {
  return one.diedAt === other.diedAt ? one.place - other.place : one.diedAt - other.diedAt;
}
