// Plays what replays are asked to do on a store and on their model.
import { makeId, type Act, type HeldReplay, type ReplayStep, type Selection } from "@ringback/core";
import { leaseMs, tenantId, type Scene } from "../../conformance/scene.ts";
import type { Command } from "./commands.ts";
import type { ReplayModel } from "./model-replays.ts";

type Of<Kind extends Command["kind"]> = Extract<Command, { readonly kind: Kind }>;

interface Held {
  readonly place: number;
  readonly held: HeldReplay;
}

interface Answers {
  readonly store: unknown;
  readonly model: unknown;
}

const act: Act = { by: null, reason: "the receiver was repaired" };
const claimed = { holder: "h", limit: 10, leaseMs, soleHolder: false };

export class ReplayPlayer {
  readonly #scene: Scene;
  readonly #model: ReplayModel;
  readonly #filters: Readonly<Record<Of<"replay">["filter"], Selection>>;
  /** Ids in the order in which they were made. */
  readonly #ids: string[] = [];
  /** Also what has been lost, until its holder hears of that. */
  #held: Held[] = [];

  constructor(scene: Scene, model: ReplayModel, endpointId: string) {
    this.#scene = scene;
    this.#model = model;
    this.#filters = { all: {}, endpoint: { endpointId }, no_retry: { code: "no_retry" } };
  }

  async create(command: Of<"replay">): Promise<Answers> {
    const { store, now, random } = this.#scene;
    const { filter, order, ratePerSecond, stopAfterFailureRatio } = command;
    const plan = { order, ratePerSecond, stopAfterFailureRatio, reason: "the receiver was repaired" };
    const asked = { ...plan, filter: this.#filters[filter], tenantId, id: makeId("rpl", now(), random) };
    const created = await store.replays.create(asked, now(), act);
    if (created.kind === "created") this.#ids.push(created.replay.id);
    const place = created.kind === "too_many" ? -1 : this.#ids.indexOf(created.replay.id);
    const [kind, modelPlace] = this.#model.create(command, now());
    return { store: `${created.kind} ${place}`, model: `${kind} ${modelPlace}` };
  }

  async change({ pick, verb }: Of<"changeReplay">): Promise<Answers> {
    if (this.#ids.length === 0) return { store: null, model: null };
    const { store, now } = this.#scene;
    const place = pick % this.#ids.length;
    const key = { tenantId, replayId: this.#ids[place] ?? "" };
    const changed = await store.replays.change(key, verb, now(), act);
    return { store: changed?.kind, model: this.#model.change(place, verb, now()) };
  }

  /** Takes on what is free, and makes one step of everything that is held, or that somebody believes to hold. */
  async work({ limit }: Of<"workReplays">): Promise<Answers> {
    const { store, now } = this.#scene;
    const free = (await store.replays.claim({ ...claimed, now: now() }))
      .map((held) => ({ held, place: this.#ids.indexOf(held.replayId) }))
      .toSorted((one, other) => one.place - other.place);
    const answers: unknown[] = free.map(({ place, held }) => [place, held.token]);
    const model: unknown[] = this.#model.claim(now());
    const all = [...this.#held, ...free];
    this.#held = [];
    for (const one of all) {
      const step = await store.replays.step(one.held, { now: now(), leaseMs, limit });
      if (step.kind === "working") this.#held.push(one);
      answers.push(spelled(step));
      model.push(this.#model.step([one.place, one.held.token], limit, now()));
    }
    return { store: answers, model };
  }

  async release(): Promise<void> {
    for (const { held, place } of this.#held.splice(0)) {
      await this.#scene.store.replays.release(held);
      this.#model.release(place, held.token);
    }
  }

  /** Each replay in words, as the model spells them. */
  async seen(): Promise<readonly string[]> {
    const { items } = await this.#scene.store.reads.listReplays(tenantId, { after: null, limit: 1_000 });
    const inOrder = items.toSorted((one, other) => this.#ids.indexOf(one.id) - this.#ids.indexOf(other.id));
    return inOrder.map(({ status, counts, version }) => {
      const { waiting, underWay, delivered, failed, skipped } = counts;
      const done = `delivered ${delivered}, failed ${failed}, skipped ${skipped}`;
      return `${status}: waiting ${waiting}, under way ${underWay}, ${done}, version ${version}`;
    });
  }
}

function spelled(step: ReplayStep): unknown {
  if (step.kind !== "working") return step.kind;
  return typeof step.goesOn === "object" ? step.goesOn.at : step.goesOn;
}
