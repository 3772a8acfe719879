// Plays commands on a store and on the model, and demands after each that both look the same.
import { deepStrictEqual } from "node:assert";
import type { AttemptCode, ClaimedDelivery, ClaimedRun, HeldLane, RunOutcome } from "@ringback/core";
import {
  feedOf,
  leaseMs,
  only,
  openScene,
  succeeded,
  tenantId,
  type OpenStore,
  type Scene,
} from "../../conformance/scene.ts";
import type { Command } from "./commands.ts";
import { endpointsOfProof, keyTtlMs, Model, overlapMs, type Seen } from "./model.ts";
import { ReplayPlayer } from "./play-replays.ts";

const outcomes: Readonly<Record<Extract<Command, { kind: "endRun" }>["how"], RunOutcome>> = {
  succeed: succeeded,
  fail: { kind: "failed", code: "handler_error", message: "no", retryable: true },
  failForGood: { kind: "failed", code: "handler_error", message: "no", retryable: false },
  release: { kind: "released" },
};
const page = { after: null, limit: 1_000 };

interface Chosen {
  readonly place: number;
  readonly key: { readonly tenantId: string; readonly deliveryId: string };
}

interface Taken {
  readonly lane: HeldLane;
  readonly claimed: ClaimedDelivery;
}

/** What has happened, in order, with everything named by its place: the same on every store. */
export async function play(openStore: OpenStore, commands: readonly Command[]): Promise<readonly string[]> {
  const player = await Player.open(openStore);
  for (const command of commands) await player.play(command);
  return player.log();
}

class Player {
  readonly #scene: Scene;
  readonly #model = new Model();
  readonly #endpointIds: readonly string[];
  readonly #replays: ReplayPlayer;
  readonly #log: string[] = [];
  /** Ids in the order in which they were made. */
  readonly #jobIds: string[] = [];
  readonly #runs: { readonly job: number; readonly run: ClaimedRun }[] = [];
  readonly #taken: Taken[] = [];
  #lanes: HeldLane[] = [];

  private constructor(scene: Scene, endpointIds: readonly string[]) {
    this.#scene = scene;
    this.#endpointIds = endpointIds;
    this.#replays = new ReplayPlayer(scene, this.#model.replays, endpointIds[0] ?? "");
  }

  static async open(openStore: OpenStore): Promise<Player> {
    const scene = await openScene(openStore);
    const endpointIds: string[] = [];
    for (const { events, retry } of endpointsOfProof) {
      // A moment apart, since they are listed by when they were made.
      scene.pass(1);
      endpointIds.push((await scene.createEndpoint({ events, retry })).id);
    }
    return new Player(scene, endpointIds);
  }

  async play(command: Command): Promise<void> {
    this.#scene.pass(1);
    const { kind } = command;
    const answers = await this.#do(command);
    demandEqual(answers.store, answers.model, `the answer to ${kind}`);
    const seen = await this.#seen();
    const told = [command, answers.store, seen.replays].map((part) => JSON.stringify(part));
    this.#log.push([this.#scene.now(), ...told].join(" "));
    demandEqual(seen, this.#model.seen(), `what there is to see after ${kind}`);
  }

  /** The attempts and what there is to see in the end, behind what was answered meanwhile. */
  async log(): Promise<readonly string[]> {
    const { store } = this.#scene;
    const { items } = await store.reads.listDeliveries(tenantId, {}, page);
    for (const [place, { id }] of inOrder(items).entries()) {
      const read = await store.reads.getDelivery(tenantId, id);
      for (const { n, trigger, outcome, code, startedAt, retryAt } of read?.attempts ?? []) {
        this.#log.push(`${place} ${n} ${trigger} ${outcome} ${code} ${startedAt} ${retryAt}`);
      }
      const numbers = read?.attempts.map(({ n }) => n);
      demandEqual(
        numbers,
        read?.attempts.map((_, at) => at + 1),
        `the numbers of delivery ${place}'s attempts`,
      );
    }
    this.#log.push(JSON.stringify(await this.#seen()));
    return this.#log;
  }

  async #do(command: Command): Promise<Answers> {
    const model = this.#model;
    const { store, now, pass } = this.#scene;
    switch (command.kind) {
      case "submit":
        return this.#submit(command);
      case "tell":
        return this.#tell(command);
      case "claimRun":
        return this.#claimRun();
      case "endRun":
        return this.#endRun(command);
      case "cancel":
        return this.#cancel(command.pick);
      case "takeDeliveries":
        return this.#takeDeliveries();
      case "record":
        return this.#record(command);
      case "unclaim":
        return this.#unclaim(command.pick);
      case "giveBack":
        await store.lanes.release(this.#lanes.splice(0), now());
        await this.#replays.release();
        return none(model.releaseLanes(now()));
      case "redeliver":
        return this.#redeliver(command.pick);
      case "discard":
        return this.#discard(command.pick);
      case "replay":
        return this.#replays.create(command);
      case "workReplays":
        return this.#replays.work(command);
      case "changeReplay":
        return this.#replays.change(command);
      case "pause":
      case "resume":
        return this.#setPaused(command.endpoint, command.kind === "pause");
      case "rotate":
        await this.#rotate();
        return none(model.rotate(now()));
      case "tick":
        pass(command.ms);
        return none();
      case "crash":
        break;
    }
    pass(leaseMs);
    await store.recover({ now: now() });
    // What was held is still in somebody's hands, who will be told that it is lost.
    this.#lanes = [];
    return none(model.recover(now()));
  }

  async #submit(command: Extract<Command, { kind: "submit" }>): Promise<Answers> {
    const { callback, maxRuns } = command;
    const events = ["job.succeeded", "job.failed", "job.canceled"];
    const endpointId = typeof callback === "number" ? this.#endpointIds[callback] : undefined;
    const asked =
      callback === "none"
        ? { callback: null }
        : endpointId === undefined
          ? {}
          : { callback: { endpointId, events } };
    this.#jobIds.push((await this.#scene.submit({ ...asked, maxRuns })).id);
    return none(this.#model.submit(command, this.#scene.now()));
  }

  async #tell(command: Extract<Command, { kind: "tell" }>): Promise<Answers> {
    const { type, key } = command;
    const now = this.#scene.now();
    const idempotency =
      key === null ? null : { key: `key ${key}`, requestHash: type, expiresAt: now + keyTtlMs };
    const item = { tenantId, type, data: "1", idempotency };
    const told = only(await this.#scene.store.intake.acceptEvents([item], now));
    const id = told.kind === "key_reused" ? told.madeId : told.id;
    const place = (await feedOf(this.#scene.store)).findIndex((event) => event.id === id);
    return { store: [told.kind, place], model: this.#model.tell(command, now) };
  }

  async #claimRun(): Promise<Answers> {
    const [run] = await this.#scene.claimRuns(1);
    const job = run === undefined ? null : this.#jobIds.indexOf(run.jobId);
    if (run !== undefined && job !== null) this.#runs.push({ job, run });
    return { store: job, model: this.#model.claimRun(this.#scene.now()) };
  }

  async #endRun({ pick, how }: Extract<Command, { kind: "endRun" }>): Promise<Answers> {
    const held = draw(this.#runs, pick);
    if (held === null) return none();
    const ended = await this.#scene.endRun(held.run, outcomes[how]);
    const run = { job: held.job, number: held.run.runNumber };
    return { store: ended, model: this.#model.endRun(run, how, this.#scene.now()) };
  }

  async #cancel(pick: number): Promise<Answers> {
    if (this.#jobIds.length === 0) return none();
    const place = pick % this.#jobIds.length;
    const key = { tenantId, jobId: this.#jobIds[place] ?? "" };
    const canceled = only(await this.#scene.store.intake.cancelJobs([key], this.#scene.now()));
    return { store: canceled.kind, model: this.#model.cancel(place, this.#scene.now()) };
  }

  async #takeDeliveries(): Promise<Answers> {
    const { store, now } = this.#scene;
    const lanes = await store.lanes.claim({ holder: "h", limit: 10, now: now(), leaseMs });
    this.#lanes.push(...lanes);
    const taken: Taken[] = [];
    for (const lane of lanes) {
      for (const claimed of await this.#scene.claimDeliveries(lane, 1_000)) taken.push({ lane, claimed });
    }
    const places = await this.#placesOf(taken);
    const sorted = [...taken.entries()].toSorted(
      ([one], [other]) => (places[one] ?? 0) - (places[other] ?? 0),
    );
    this.#taken.push(...sorted.map(([, one]) => one));
    const wanted = this.#model.takeDeliveries(now());
    for (const { claimed } of taken) {
      const secrets = claimed.endpointId === null ? this.#model.secretsActive(now()) : 1;
      demandEqual(claimed.secrets.length, secrets, "the number of secrets that sign");
    }
    return { store: places.toSorted((one, other) => one - other), model: wanted };
  }

  async #record({ pick, code }: Extract<Command, { kind: "record" }>): Promise<Answers> {
    const held = draw(this.#taken, pick);
    if (held === null) return none();
    const [delivery = -1] = await this.#placesOf([held]);
    const recorded = await this.#scene.record(held.lane, held.claimed, { code: code satisfies AttemptCode });
    const attempt = { delivery, n: held.claimed.attempt };
    return { store: recorded, model: this.#model.record(attempt, code, this.#scene.now()) };
  }

  async #unclaim(pick: number): Promise<Answers> {
    const { store, now } = this.#scene;
    const held = draw(this.#taken, pick);
    if (held === null) return none();
    const [delivery = -1] = await this.#placesOf([held]);
    const { lane, claimed } = held;
    const item = { deliveryId: claimed.id, n: claimed.attempt, startedAt: claimed.startedAt };
    const answer = only(await store.lanes.unclaimDeliveries(lane, [item], now()));
    return { store: answer, model: this.#model.unclaim({ delivery, n: claimed.attempt }, now()) };
  }

  async #redeliver(pick: number): Promise<Answers> {
    const { store, now } = this.#scene;
    const chosen = await this.#pickDelivery(pick);
    if (chosen === null) return none();
    await store.support.redeliver([chosen.key], now());
    return none(this.#model.redeliver(chosen.place, now()));
  }

  async #discard(pick: number): Promise<Answers> {
    const { store, now } = this.#scene;
    const chosen = await this.#pickDelivery(pick);
    if (chosen === null) return none();
    const discarded = await store.support.discard(chosen.key, "of no use any more", now());
    return { store: discarded, model: this.#model.discard(chosen.place) };
  }

  async #pickDelivery(pick: number): Promise<Chosen | null> {
    const { items } = await this.#scene.store.reads.listDeliveries(tenantId, {}, page);
    if (items.length === 0) return null;
    const place = pick % items.length;
    return { place, key: { tenantId, deliveryId: inOrder(items)[place]?.id ?? "" } };
  }

  async #setPaused(endpoint: 0 | 1, isPaused: boolean): Promise<Answers> {
    const key = { tenantId, endpointId: this.#endpointIds[endpoint] ?? "" };
    const status = isPaused
      ? ({ status: "paused", reason: "operator" } as const)
      : ({ status: "active", reason: null } as const);
    await this.#scene.store.support.setEndpointStatus(key, status, this.#scene.now());
    return none(this.#model.setPaused(endpoint, isPaused));
  }

  async #rotate(): Promise<void> {
    const { store, now } = this.#scene;
    const secret = `whsec_${Buffer.from(`a secret of the proof, made at ${now()}`).toString("base64")}`;
    await store.tenants.rotateCallbackSecret(tenantId, {
      secret,
      overlapUntil: now() + overlapMs,
      now: now(),
    });
  }

  async #placesOf(taken: readonly Taken[]): Promise<number[]> {
    if (taken.length === 0) return [];
    const { items } = await this.#scene.store.reads.listDeliveries(tenantId, {}, page);
    const ids = inOrder(items).map(({ id }) => id);
    return taken.map(({ claimed }) => ids.indexOf(claimed.id));
  }

  async #seen(): Promise<Seen> {
    const { reads } = this.#scene.store;
    const [
      { items: jobs },
      { items: deliveries },
      { items: letters },
      { items: endpoints },
      events,
      replays,
    ] = await Promise.all([
      reads.listJobs(tenantId, {}, page),
      reads.listDeliveries(tenantId, {}, page),
      reads.listDeadLetters(tenantId, {}, page),
      reads.listEndpoints(tenantId, page),
      feedOf(this.#scene.store),
      this.#replays.seen(),
    ]);
    const deliveryIds = inOrder(deliveries).map(({ id }) => id);
    const eventIds = events.map(({ id }) => id);
    const taken = await reads.takenEvents(tenantId, eventIds);
    return {
      jobs: inOrder(jobs).map(({ status, runs, callback }) => {
        const { pending = 0, delivered = 0, dead = 0 } = callback?.deliveries ?? {};
        return [status, runs, callback === null ? null : `${pending} ${delivered} ${dead}`];
      }),
      deliveries: inOrder(deliveries).map((one) => [
        eventIds.indexOf(one.eventId),
        one.endpointId === null ? "inline" : (this.#endpointIds.indexOf(one.endpointId) as 0 | 1),
        one.status,
        one.attempts,
        one.dueAt,
        one.code,
      ]),
      events: events.map(({ id, type, jobId }) => [
        type,
        jobId === null ? null : this.#jobIds.indexOf(jobId),
        taken.has(id),
      ]),
      paused: endpoints.toReversed().map(({ pausedReason }) => pausedReason),
      letters: letters.map(({ delivery, reason, diedAt }) => [
        deliveryIds.indexOf(delivery.id),
        reason,
        diedAt,
      ]),
      replays,
    };
  }
}

interface Answers {
  readonly store: unknown;
  readonly model: unknown;
}

function demandEqual(store: unknown, model: unknown, what: string): void {
  try {
    deepStrictEqual(store, model);
  } catch (cause) {
    throw new Error(`The store differs from the model in ${what}.`, { cause });
  }
}

/** A command that answers nothing to compare; what it did is seen afterwards. */
function none(_done?: void): Answers {
  return { store: null, model: null };
}

function draw<Item>(items: Item[], pick: number): Item | null {
  return items.length === 0 ? null : (items.splice(pick % items.length, 1)[0] ?? null);
}

/** In the order in which they were made, which their ids sort by. */
function inOrder<Item extends { readonly id: string }>(items: readonly Item[]): Item[] {
  return items.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
