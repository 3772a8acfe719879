// Writes the audit: one row per act, in the transaction of the act. Nothing here or elsewhere changes or deletes one.
import type { Act, Instant } from "@ringback/core";
import { auditRow, type Done } from "../../audit-row.ts";
import type { Ground } from "../ground.ts";
import { inserter } from "../rows.ts";
import { audit } from "../schema.ts";

/** Without an act nothing is written. */
export type WriteAudit = (done: Done, act: Act | undefined, now: Instant) => void;

export function createAuditRows({ client, random }: Ground): WriteAudit {
  const insert = inserter(client, audit);
  return (done, act, now) => {
    if (act !== undefined) insert(auditRow(done, act, { now, random }));
  };
}
