// Due jobs of kinds that no process knows. A tenant with many jobs of known kinds does not hide another's.
import type { Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import type { JobRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { job } from "../schema.ts";

/** How far is looked with each tenant. Known kinds ahead of an unknown one are claimed in time, so it comes within reach. */
const lookedAtMax = 1_000;

export interface UnknownKinds {
  readonly dueBefore: Instant;
  /** The known ones, as JSON. */
  readonly spelledKinds: string;
}

/** Finds up to `wanted` of them in one priority. */
export function createUnknownKinds({
  client,
}: Ground): (priority: number, wanted: number, asked: UnknownKinds) => JobRow[] {
  const reader = rowReader(job);
  const nextTenant = client
    .prepare<[number, string], string>(
      `select tenant_id from job where status = 'queued' and priority = ? and tenant_id > ? order by tenant_id limit 1`,
    )
    .pluck();
  const select = client.prepare<[number, string, Instant, number, string, number], RawRow>(
    `select ${reader.list} from job where rowid in (
       select found from (
         select rowid as found, kind from job
         where status = 'queued' and priority = ? and tenant_id = ? and due_at <= ?
         order by due_at, id limit ?
       ) where kind not in (select value from json_each(?)) limit ?
     )`,
  );

  return (priority, wanted, { dueBefore, spelledKinds }) => {
    const rows: JobRow[] = [];
    let tenantId = nextTenant.get(priority, "");
    while (tenantId !== undefined && rows.length < wanted) {
      const left = wanted - rows.length;
      const found = select.all(priority, tenantId, dueBefore, lookedAtMax, spelledKinds, left);
      rows.push(...found.map(reader.read));
      tenantId = nextTenant.get(priority, tenantId);
    }
    return rows;
  };
}
