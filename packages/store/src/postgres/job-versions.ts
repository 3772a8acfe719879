// Reads the versions of jobs, which is what most polls need: those of many polls in one question, one row for an answer.
//
// While a question is under way, and for a moment after it, what is asked meanwhile waits for the next one, so the busier it is, the
// more share one: a question costs both sides as much as many polls. Each is asked after the poll has come, so it sees every
// commit that anybody could have heard of before.
import type { Pool } from "pg";
import type { Clock, JobKey, JobReads } from "@ringback/core";
import { createCallGroups } from "../call-groups.ts";
import { asUnavailable } from "./faults.ts";

/** A look by primary key for each, whatever the planner thinks; the answer is text, of which a hundred cost as much as one. */
const select = `select string_agg(coalesce((select version::text from job where tenant_id = k.tenant_id and id = k.id), ''), ','
    order by k.at) as versions
  from unnest($1::text[], $2::text[]) with ordinality as k(tenant_id, id, at)`;

/** How long after the last question the next one waits for as many polls. */
const withinMs = 2;

export function createJobVersions(pool: Pool, clock: Clock): JobReads["jobVersions"] {
  const groups = createCallGroups(asUnavailable);
  const read = async (calls: readonly (readonly JobKey[])[]): Promise<(number | null)[][]> => {
    const keys = calls.flat();
    const values = [keys.map(({ tenantId }) => tenantId), keys.map(({ jobId }) => jobId)];
    const { rows } = await pool.query<{ versions: string }>({ name: "job_versions", text: select, values });
    const versions = (rows[0]?.versions ?? "").split(",").map((text) => (text === "" ? null : Number(text)));
    let at = 0;
    return calls.map(({ length }) => versions.slice(at, (at += length)));
  };
  const ask = groups.line(read, { withinMs, clock });
  return async (keys) => (keys.length === 0 ? [] : ask(keys));
}
