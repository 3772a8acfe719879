// Deletes replays that their time is over for: first their items, in slices, then the replay.
import type { Expiry } from "@ringback/core";
import type { Ground } from "../ground.ts";

export interface ReplayExpiry {
  /** How many rows that deleted; fewer than `limit` when nothing is left. */
  deleteReplays(expiry: Expiry): number;
}

export function createReplayExpiry({ client }: Ground): ReplayExpiry {
  const selectOldest = client.prepare<[number], { tenantId: string; id: string }>(
    `select tenant_id as "tenantId", id from replay where finished_at is not null and finished_at <= ?
     order by finished_at limit 1`,
  );
  const deleteItems = client.prepare<[string, string, number]>(
    `delete from replay_item where rowid in (
       select rowid from replay_item where tenant_id = ? and replay_id = ? limit ?
     )`,
  );
  const deleteReplay = client.prepare<[string, string]>("delete from replay where tenant_id = ? and id = ?");
  return {
    deleteReplays({ now, limit, retention }) {
      let done = 0;
      while (done < limit) {
        const oldest = selectOldest.get(now - retention.replaysMs);
        if (oldest === undefined) break;
        const { tenantId, id } = oldest;
        done += deleteItems.run(tenantId, id, limit - done).changes;
        if (done < limit) done += deleteReplay.run(tenantId, id).changes;
      }
      return done;
    },
  };
}
