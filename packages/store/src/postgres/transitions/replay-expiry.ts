// Deletes replays that their time is over for: first their items, in slices, then the replay.
import type { Expiry } from "@ringback/core";
import type { Ground } from "../ground.ts";

const lockOldest = `select tenant_id as "tenantId", id from replay where finished_at is not null and finished_at <= $1
  order by finished_at limit 1 for update skip locked`;
const deleteItems = `delete from replay_item where ctid = any(array(
    select ctid from replay_item where tenant_id = $1 and replay_id = $2 limit $3
  )) returning 1`;
const deleteReplay = "delete from replay where tenant_id = $1 and id = $2";

/** How many rows that deleted; fewer than `limit` when nothing is left. */
export async function deleteReplays(
  { transaction }: Ground,
  { now, limit, retention }: Expiry,
): Promise<number> {
  let done = 0;
  while (done < limit) {
    const [oldest] = await transaction.ask<{ tenantId: string; id: string }>(lockOldest, [
      now - retention.replaysMs,
    ]);
    if (oldest === undefined) break;
    const { tenantId, id } = oldest;
    done += (await transaction.ask(deleteItems, [tenantId, id, limit - done])).length;
    if (done >= limit) break;
    transaction.send(deleteReplay, [tenantId, id]);
    done += 1;
  }
  return done;
}
