// Makes a replay's next items due again, those that are still dead, in the transaction that notes them as made.
import type { Instant } from "@ringback/core";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import type { ReplayRow } from "../nouns.ts";
import { isStillDead, type ItemChange } from "../replay-rows.ts";
import { redelivered } from "../attempt-states.ts";
import { lockDeliveriesOf, sendJobLocks } from "./attempts.ts";
import { lockLanesOf } from "./lane-locks.ts";
import { policiesOf } from "./receivers.ts";

const selectWaiting = `select i.delivery_id as "deliveryId", d.lane_id as "laneId"
  from (
    select * from replay_item as i where i.tenant_id = $1 and i.replay_id = $2 and i.state = 'waiting' order by i.n limit $3
  ) as i left join delivery as d on d.tenant_id = i.tenant_id and d.id = i.delivery_id order by i.n`;
const lockLetters = `select l.delivery_id as id, l.state from dead_letter as l
  where (l.tenant_id, l.delivery_id) in (select * from unnest($1::text[], $2::text[]))
  order by l.tenant_id, l.delivery_id for no key update`;

export async function takeItems(
  ground: Ground,
  { tenantId, id }: ReplayRow,
  { now, count }: { readonly now: Instant; readonly count: number },
): Promise<ItemChange[]> {
  if (count === 0) return [];
  const { transaction, draft } = ground;
  const waiting = await transaction.ask<{ deliveryId: string; laneId: string | null }>(selectWaiting, [
    tenantId,
    id,
    count,
  ]);
  if (waiting.length === 0) return [];
  const keys = waiting.map(({ deliveryId }) => ({ tenantId, deliveryId }));
  sendJobLocks(ground, keys);
  const laneIds = new Set(waiting.flatMap(({ laneId }) => laneId ?? []));
  const [, rows, letters] = await Promise.all([
    lockLanesOf(
      ground,
      [...laneIds].map((laneId) => ({ tenantId, laneId })),
    ),
    lockDeliveriesOf(ground, keys),
    transaction.ask<{ id: string; state: string }>(lockLetters, [
      keys.map(() => tenantId),
      keys.map(({ deliveryId }) => deliveryId),
    ]),
  ]);
  const policyOf = await policiesOf(ground, [...rows.values()]);
  const states = new Map(letters.map((letter) => [letter.id, letter.state]));
  return waiting.map(({ deliveryId }): ItemChange => {
    const earlier = rows.get(keyOf(tenantId, deliveryId));
    if (earlier === undefined || !isStillDead(earlier, states.get(deliveryId))) {
      return { deliveryId, state: "skipped", attemptsBefore: null };
    }
    const next = redelivered(earlier, policyOf(earlier), { now, trigger: "replay" });
    draft.saveDelivery(next, earlier);
    draft.laneSooner(next, now);
    draft.recountLane(next, { ring: false });
    return { deliveryId, state: "under_way", attemptsBefore: earlier.attempts };
  });
}
