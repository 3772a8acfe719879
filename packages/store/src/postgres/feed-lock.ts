// Makes the feed's order that of the commits, whichever process writes.
//
// An event takes its `seq` under a lock of its tenant that is held until its transaction has ended, and PostgreSQL lets
// locks go only after it has made the commit visible. So when an event can be seen, every event of the tenant with a
// lesser `seq` can be seen too, or never will be: a reader that goes on from the greatest it saw skips nothing, and
// readers neither wait nor are held back. The lock comes last in a transaction, after everything that may wait.
import type { Transaction } from "./transaction.ts";

/** Any number; it tells these locks from others that one may take in the same database. */
const lockClass = 724_611;
/** Tenants share this many locks, which bounds what a transaction of many tenants takes. */
const locksMax = 64;

const text = `select pg_advisory_xact_lock(${lockClass}, lock) from (
    select distinct hashtext(tenant) & ${locksMax - 1} as lock from unnest($1::text[]) as tenant order by 1
  ) as locks`;

export function sendFeedLock(
  transaction: Pick<Transaction, "send">,
  events: readonly { readonly tenantId: string }[],
): void {
  transaction.send(text, [[...new Set(events.map(({ tenantId }) => tenantId))]]);
}
