// Erases the bodies that receivers answered with, when their time is over before that of the attempts themselves.
//
// Deliveries are gone through in the order in which they finished, each final status by itself, and a mark says how far. One
// that is redelivered finishes anew, behind the mark, and is come to again.
import type { Expiry, Instant } from "@ringback/core";
import { bodiesOverSince, upToMark, type FinishedDelivery } from "../../retention-batch.ts";
import type { Ground } from "../ground.ts";

export interface BodyExpiry {
  /** How much it dealt with; fewer than `limit` when nothing is left. */
  eraseBodies(expiry: Expiry): number;
}

/** A delivery has up to a dozen attempts, and a body up to four pages. */
const deliveriesAtOnceMax = 50;

export function createBodyExpiry({ client }: Ground): BodyExpiry {
  const selectMark = client
    .prepare<[string], Instant>("select at from retention_mark where what = ?")
    .pluck();
  const setMark = client.prepare<[string, Instant]>(
    "insert into retention_mark (what, at) values (?, ?) on conflict (what) do update set at = excluded.at",
  );
  const selectFinished = client.prepare<[string, Instant, Instant, number], FinishedDelivery>(
    `select tenant_id as "tenantId", id, finished_at as "finishedAt" from delivery
     where status = ? and finished_at > ? and finished_at <= ? order by finished_at limit ?`,
  );
  const selectOfMoment = client.prepare<[string, Instant], FinishedDelivery>(
    `select tenant_id as "tenantId", id, finished_at as "finishedAt" from delivery where status = ? and finished_at = ?`,
  );
  const erase = client.prepare<[string, string]>(
    `update attempt set response_body = x'', response_truncated = 1
     where tenant_id = ? and delivery_id = ? and response_body is not null and response_body <> x''`,
  );
  return {
    eraseBodies(expiry) {
      let done = 0;
      for (const { status, until } of bodiesOverSince(expiry)) {
        if (done >= expiry.limit) break;
        const atOnce = Math.min(deliveriesAtOnceMax, expiry.limit - done);
        const what = `bodies of ${status}`;
        const finished = selectFinished.all(status, selectMark.get(what) ?? -1, until, atOnce);
        const [first] = finished;
        if (first === undefined) continue;
        const { taken, mark } = upToMark(finished, atOnce) ?? {
          taken: selectOfMoment.all(status, first.finishedAt),
          mark: first.finishedAt,
        };
        for (const { tenantId, id } of taken) erase.run(tenantId, id);
        setMark.run(what, mark);
        done += finished.length < atOnce ? finished.length : expiry.limit;
      }
      return done;
    },
  };
}
