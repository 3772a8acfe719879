// Erases the bodies that receivers answered with, when their time is over before that of the attempts themselves.
//
// Deliveries are gone through in the order in which they finished, each final status by itself, and a mark says how far. One
// that is redelivered finishes anew, behind the mark, and is come to again. Whoever is at it has locked the mark; a delivery
// whose end is not committed yet finished a moment ago, and bodies are kept for longer than that.
import type { Expiry, Instant } from "@ringback/core";
import { bodiesOverSince, upToMark, type FinishedDelivery } from "../../retention-batch.ts";
import type { Ground } from "../ground.ts";

/** A delivery has up to a dozen attempts, and a body up to four pages. */
const deliveriesAtOnceMax = 50;
const makeMark = "insert into retention_mark (what, at) values ($1, -1) on conflict (what) do nothing";
const lockMark = "select at from retention_mark where what = $1 for update skip locked";
const setMark = "update retention_mark set at = $2 where what = $1";
const selectFinished = `select tenant_id as "tenantId", id, finished_at as "finishedAt" from delivery
  where status = $1 and finished_at > $2 and finished_at <= $3 order by finished_at limit $4`;
const selectOfMoment = `select tenant_id as "tenantId", id, finished_at as "finishedAt" from delivery
  where status = $1 and finished_at = $2`;
const erase = `update attempt set response_body = '\\x'::bytea, response_truncated = true
  where (tenant_id, delivery_id) in (select * from unnest($1::text[], $2::text[]))
    and response_body is not null and response_body <> '\\x'::bytea`;

/** How much it dealt with; fewer than `limit` when nothing is left, or another process is at it. */
export async function eraseBodies({ transaction }: Ground, expiry: Expiry): Promise<number> {
  let done = 0;
  for (const { status, until } of bodiesOverSince(expiry)) {
    if (done >= expiry.limit) break;
    const atOnce = Math.min(deliveriesAtOnceMax, expiry.limit - done);
    const what = `bodies of ${status}`;
    transaction.send(makeMark, [what]);
    const [mark] = await transaction.ask<{ at: Instant }>(lockMark, [what]);
    if (mark === undefined) continue;
    const values = [status, mark.at, until, atOnce];
    const finished = await transaction.ask<FinishedDelivery>(selectFinished, values);
    const [first] = finished;
    if (first === undefined) continue;
    const whole = upToMark(finished, atOnce) ?? {
      taken: await transaction.ask<FinishedDelivery>(selectOfMoment, [status, first.finishedAt]),
      mark: first.finishedAt,
    };
    transaction.send(erase, [whole.taken.map(({ tenantId }) => tenantId), whole.taken.map(({ id }) => id)]);
    transaction.send(setMark, [what, whole.mark]);
    done += finished.length < atOnce ? finished.length : expiry.limit;
  }
  return done;
}
