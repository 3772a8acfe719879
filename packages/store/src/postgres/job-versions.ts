// Reads the versions of jobs, which is what most polls need: those of many polls in one question, one row for an answer.
//
// While a question is under way, and for a moment after it, what is asked meanwhile waits for the next one, so the busier it is, the
// more share one: a question costs both sides as much as many polls. Each is asked after the poll has come, so it sees every
// commit that anybody could have heard of before.
import type { Pool } from "pg";
import type { Clock, JobKey, JobReads } from "@ringback/core";
import { createCallGroups } from "../call-groups.ts";
import { asUnavailable } from "./faults.ts";

/** A look by primary key for each, whatever the planner thinks; lists are text both ways, of which a hundred cost as much as one. */
const select = `select string_agg(coalesce((select version::text from job where tenant_id = k.tenant_id and id = k.id), ''), ','
    order by k.at) as versions
  from unnest(string_to_array($1, ' '), string_to_array($2, ' ')) with ordinality as k(tenant_id, id, at)`;

/** How long after the last question the next one waits for as many polls. */
const withinMs = 2;

export function createJobVersions(pool: Pool, clock: Clock): Pick<JobReads, "jobVersion" | "jobVersions"> {
  const ask = async (keys: readonly JobKey[]): Promise<(number | null)[]> => {
    // Ids hold no spaces.
    const tenantIds = keys.map(({ tenantId }) => tenantId).join(" ");
    const jobIds = keys.map(({ jobId }) => jobId).join(" ");
    const { rows } = await pool.query<{ versions: string }>({
      name: "job_versions",
      text: select,
      values: [tenantIds, jobIds],
    });
    return (rows[0]?.versions ?? "").split(",").map((text) => (text === "" ? null : Number(text)));
  };
  return {
    jobVersion: createCallGroups(asUnavailable).line(ask, { withinMs, clock }),
    async jobVersions(keys) {
      if (keys.length === 0) return [];
      try {
        return await ask(keys);
      } catch (thrown) {
        throw asUnavailable(thrown) ?? thrown;
      }
    },
  };
}
