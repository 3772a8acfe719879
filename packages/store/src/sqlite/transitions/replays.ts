// Replays: made and changed by the support desk, and worked step by step by whoever holds them. Every write of a step is fenced
// by the token of the claim, and makes an item in the same transaction that notes it as made.
import {
  nextMakes,
  unfinishedReplaysMax,
  type HeldReplay,
  type Instant,
  type ReplayChanged,
  type ReplayCreated,
  type ReplayStep,
  type ReplayStore,
} from "@ringback/core";
import type { Ground } from "../ground.ts";
import { replayOf, type DeliveryRow, type ReplayRow } from "../nouns.ts";
import {
  changedReplay,
  countedReplay,
  endedItems,
  isStillDead,
  isToStop,
  lookedAtOnceMax,
  lookedThrough,
  newReplay,
  preparedReplay,
  replayChanging,
  steppedReplay,
  type ItemChange,
  type LookedLetter,
  type UnderWayItem,
} from "../replay-rows.ts";
import { inserter, rowReader, saver, type RawRow } from "../rows.ts";
import { replay, replayItem } from "../schema.ts";
import { redelivered } from "../attempt-states.ts";
import { createAuditRows } from "./audit.ts";
import { createDeliveryRows } from "./delivery-rows.ts";
import { createLaneDue } from "./lane-due.ts";
import { createReceivers } from "./receivers.ts";

export interface ReplayTransitions {
  create(...options: Parameters<ReplayStore["create"]>): ReplayCreated;
  change(...options: Parameters<ReplayStore["change"]>): ReplayChanged | null;
  claim(options: Parameters<ReplayStore["claim"]>[0]): HeldReplay[];
  step(...options: Parameters<ReplayStore["step"]>): ReplayStep;
  release(held: HeldReplay): void;
}

const doneAs = { pause: "replay.paused", resume: "replay.resumed", cancel: "replay.canceled" } as const;

export function createReplayTransitions(ground: Ground): ReplayTransitions {
  const { client, effects } = ground;
  const reader = rowReader(replay);
  const insert = inserter(client, replay);
  const save = saver(client, replay, { set: replayChanging, key: ["tenantId", "id"] });
  const select = client.prepare<[string, string], RawRow>(
    `select ${reader.list} from replay where tenant_id = ? and id = ?`,
  );
  const selectUnfinished = client.prepare<[string], RawRow>(
    `select ${reader.list} from replay where tenant_id = ? and finished_at is null`,
  );
  const selectFree = client.prepare<[Instant, number, string, number], Omit<HeldReplay, "token">>(
    `select tenant_id as "tenantId", id as "replayId" from replay where status in ('preparing', 'running')
       and (claimed_by is null or lease_until <= ? or (? and claimed_by <> ?)) order by next_at limit ?`,
  );
  const claim = client.prepare<[string, Instant, string, string], { token: number }>(
    `update replay set claimed_by = ?, lease_until = ?, token = token + 1 where tenant_id = ? and id = ?
     returning token`,
  );
  const free = client.prepare<[string, string, number]>(
    "update replay set claimed_by = null, lease_until = null where tenant_id = ? and id = ? and token = ?",
  );
  const audit = createAuditRows(ground);
  const items = createItems(ground);

  function find(tenantId: string, replayId: string): ReplayRow | null {
    const raw = select.get(tenantId, replayId);
    return raw === undefined ? null : reader.read(raw);
  }

  return {
    create(asked, now, act) {
      const { tenantId, id } = asked;
      const row = newReplay(asked, now);
      const unfinished = selectUnfinished.all(tenantId).map(reader.read);
      const same = unfinished.find(({ selection }) => selection === row.selection);
      if (same !== undefined) return { kind: "running", replay: replayOf(same) };
      if (unfinished.length >= unfinishedReplaysMax) return { kind: "too_many" };
      insert(row);
      const details = { filter: row.selection, order: asked.order, ratePerSecond: asked.ratePerSecond };
      audit({ tenantId, action: "replay.created", subject: id, details }, act, now);
      effects.replayChanged(tenantId, id);
      return { kind: "created", replay: replayOf(row) };
    },
    change({ tenantId, replayId }, verb, now, act) {
      const row = find(tenantId, replayId);
      if (row === null) return null;
      const next = changedReplay(row, verb, now);
      if (next === null || next === row) {
        return { kind: next === null ? "finished" : "unchanged", replay: replayOf(row) };
      }
      save(next);
      audit({ tenantId, action: doneAs[verb], subject: replayId }, act, now);
      effects.replayChanged(tenantId, replayId);
      return { kind: "changed", replay: replayOf(next) };
    },
    claim: ({ holder, limit, now, leaseMs, soleHolder }) =>
      selectFree.all(now, Number(soleHolder), holder, limit).flatMap(({ tenantId, replayId }) => {
        const held = claim.get(holder, now + leaseMs, tenantId, replayId);
        return held === undefined ? [] : [{ tenantId, replayId, token: held.token }];
      }),
    step({ tenantId, replayId, token }, { now, leaseMs, limit }) {
      const row = find(tenantId, replayId);
      if (row === null || row.claimedBy === null || row.token !== token) return { kind: "lost" };
      const after = row.status === "preparing" ? items.prepare(row, limit) : items.work(row, now, limit);
      const { next, changed, step } = steppedReplay(row, after, { now, leaseMs });
      save(next);
      if (changed) effects.replayChanged(tenantId, replayId);
      return step;
    },
    release: ({ tenantId, replayId, token }) => void free.run(tenantId, replayId, token),
  };
}

function createItems(ground: Ground) {
  const { client } = ground;
  const insert = inserter(client, replayItem, "on conflict do nothing");
  const letters = (direction: ">" | "<", order: "asc" | "desc") =>
    client.prepare<[string, Instant, Instant, Instant, string, number], LookedLetter>(
      `select letter.delivery_id as id, event_id as "eventId", letter.job_id as "jobId",
         letter.endpoint_id as "endpointId", letter.host, url, reason, letter.http_status as "httpStatus", died_at as "diedAt"
       from dead_letter as letter join delivery on delivery.tenant_id = letter.tenant_id and delivery.id = letter.delivery_id
       where letter.tenant_id = ? and state = 'open' and died_at >= ? and died_at < ?
         and (died_at, delivery_id) ${direction} (?, ?)
       order by died_at ${order}, delivery_id ${order} limit ?`,
    );
  const lettersBy = { oldest: letters(">", "asc"), newest: letters("<", "desc") };
  const selectUnderWay = client.prepare<[string, string, number], UnderWayItem>(
    `select delivery_id as "deliveryId", attempts_before as "attemptsBefore", delivery.status, attempts, code
     from replay_item left join delivery on delivery.tenant_id = replay_item.tenant_id and delivery.id = delivery_id
     where replay_item.tenant_id = ? and replay_id = ? and state = 'under_way' order by n limit ?`,
  );
  const selectWaiting = client
    .prepare<[string, string, number], string>(
      `select delivery_id from replay_item where tenant_id = ? and replay_id = ? and state = 'waiting' order by n limit ?`,
    )
    .pluck();
  const selectStates = client.prepare<[string, string], { id: string; state: string }>(
    `select delivery_id as id, state from dead_letter
     where tenant_id = ? and delivery_id in (select value from json_each(?))`,
  );
  const change = client.prepare<[string, number | null, string, string, string]>(
    `update replay_item set state = ?, attempts_before = coalesce(?, attempts_before)
     where tenant_id = ? and replay_id = ? and delivery_id = ?`,
  );
  const deliveries = createDeliveryRows(ground);
  const receivers = createReceivers(ground);
  const laneDue = createLaneDue(ground);

  /** Makes due again those that are still dead. */
  function take({ tenantId, id }: ReplayRow, now: Instant, count: number): ItemChange[] {
    const ids = count === 0 ? [] : selectWaiting.all(tenantId, id, count);
    if (ids.length === 0) return [];
    const rows = deliveries.findAll(tenantId, ids);
    const states = new Map(
      selectStates.all(tenantId, JSON.stringify(ids)).map((letter) => [letter.id, letter.state]),
    );
    const made: { readonly earlier: DeliveryRow; readonly next: DeliveryRow }[] = [];
    const taken = ids.map((deliveryId): ItemChange => {
      const earlier = rows.get(deliveryId);
      if (earlier === undefined || !isStillDead(earlier, states.get(deliveryId))) {
        return { deliveryId, state: "skipped", attemptsBefore: null };
      }
      const next = redelivered(earlier, receivers.policyOf(earlier), { now, trigger: "replay" });
      made.push({ earlier, next });
      return { deliveryId, state: "under_way", attemptsBefore: earlier.attempts };
    });
    deliveries.save(made);
    for (const laneId of new Set(made.map(({ next }) => next.laneId))) {
      laneDue.sooner({ tenantId, laneId }, now);
      laneDue.recount({ tenantId, laneId });
    }
    return taken;
  }

  return {
    prepare(row: ReplayRow, limit: number): ReplayRow {
      const { from, until, after } = lookedThrough(row);
      const looked = lettersBy[row.plan.order].all(row.tenantId, from, until, after.at, after.id, limit);
      const { next, items } = preparedReplay(row, looked, limit);
      for (const item of items) insert(item);
      return next;
    },
    work(row: ReplayRow, now: Instant, limit: number): ReplayRow {
      const { tenantId, id, plan } = row;
      const ended = endedItems(selectUnderWay.all(tenantId, id, lookedAtOnceMax));
      const seen = countedReplay(row, { ended, taken: [] }, now);
      const { underWay, nextAt } = seen;
      const makes = nextMakes({ ratePerSecond: plan.ratePerSecond, nextAt, underWay }, now, limit);
      const taken = seen.claimedBy === null || isToStop(seen) ? [] : take(row, now, makes.count);
      for (const { deliveryId, state, attemptsBefore } of [...ended, ...taken]) {
        change.run(state, attemptsBefore, tenantId, id, deliveryId);
      }
      const made = taken.filter(({ state }) => state === "under_way").length;
      return { ...countedReplay(row, { ended, taken }, now), nextAt: makes.nextAtAfter(made) };
    },
  };
}
