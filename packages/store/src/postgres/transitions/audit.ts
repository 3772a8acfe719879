// Writes the audit: one row per act, in the transaction of the act. Nothing here or elsewhere changes or deletes one.
import type { Act, Instant } from "@ringback/core";
import { auditRow, type Done } from "../../audit-row.ts";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { audit } from "../schema.ts";

const insert = inserter(audit);

/** Without an act nothing is written. */
export function sendAudit(
  { transaction, random }: Ground,
  done: readonly Done[],
  act: Act | undefined,
  now: Instant,
): void {
  if (act === undefined) return;
  const rows = done.map((one) => auditRow(one, act, { now, random }));
  const [first] = rows;
  if (first === undefined) return;
  const text = "select 1 from audit where tenant_id = $1 and id = $2";
  transaction.mark({ text, values: [first.tenantId, first.id] });
  transaction.send(insert.text, [insert.spell(rows)]);
}
