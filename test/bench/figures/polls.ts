// (b) Polls per second of jobs that have not changed (304), against a bare route that compares one ETag.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Api } from "../load/api.ts";
import { closedLoop } from "../load/closed-loop.ts";
import { requestBytes } from "../load/request-bytes.ts";
import { inTurn } from "../numbers/rounds.ts";

const sizes = {
  full: { rounds: 5, roundMs: 2_000, jobs: 1_000 },
  quick: { rounds: 1, roundMs: 700, jobs: 100 },
};
const connections = 64;

export const polls: Figure = {
  letter: "b",
  lines: {
    polls: {
      name: "polls, 304",
      against: "a bare route",
      unit: "/s",
      judging: "ratio",
      aim: both({ atLeast: 0.8 }),
    },
  },
  async measure(ground) {
    const { rounds, roundMs, jobs } = sizes[ground.size];
    const house = await ground.openHouse();
    // Its jobs stay queued, as they are while somebody polls.
    const instead = { program: "intake-server.ts", args: ["idle"] };
    const server = await house.start({ roles: ["api"], instead });
    const bare = await ground.startChild("bare-route.ts", { args: ['"1"'] });
    const requests = await pollsOf(server.api, { jobs, apiKey: house.apiKey });
    const barePoll = requestBytes({
      method: "GET",
      path: "/v1/jobs/job_1",
      apiKey: house.apiKey,
      headers: { "if-none-match": '"1"' },
    });
    const load = { connections, forMs: roundMs, status: 304 };
    const measured = await inTurn(
      rounds,
      () =>
        ground.busy.during({ server: server.process("api") }, () =>
          closedLoop({ ...load, url: server.url, request: (n) => requests[n % jobs] ?? barePoll }),
        ),
      () => closedLoop({ ...load, url: String(bare.told), request: () => barePoll }),
    );
    return { rounds: { polls: measured }, busy: ground.busy.shares() };
  },
};

/** Submits that many jobs; the poll of each, with the ETag it has. */
export async function pollsOf(
  api: Api,
  { jobs, apiKey }: { readonly jobs: number; readonly apiKey: string },
): Promise<readonly Buffer[]> {
  const body = JSON.stringify({ kind: "bench.noop", input: { n: 1 } });
  return await Promise.all(
    Array.from({ length: jobs }, async () => {
      const accepted = await api.expect(202, { method: "POST", path: "/v1/jobs", body });
      const { id } = JSON.parse(accepted.body) as { readonly id: string };
      const path = `/v1/jobs/${id}`;
      const { head } = await api.expect(200, { method: "GET", path });
      const etag = /\r\netag: *(\S+)/i.exec(head)?.[1];
      if (etag === undefined) throw new Error(`the job has no ETag: ${head}`);
      return requestBytes({ method: "GET", path, apiKey, headers: { "if-none-match": etag } });
    }),
  );
}
