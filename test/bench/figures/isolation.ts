// (f) What one endpoint that never answers, and is owed five times its share, does to the latency of twenty healthy ones: their
// p95 with it, against their p95 without it, in turn on one server. Without it, it is paused and owed nothing new.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import type { Api } from "../load/api.ts";
import { inTurn } from "../numbers/rounds.ts";
import { percentile } from "../numbers/statistics.ts";
import { createEndpoint } from "./owing.ts";
import { timedJobs, type Submission } from "./timed-jobs.ts";

const sizes = { full: { rounds: 5, roundMs: 5_000 }, quick: { rounds: 1, roundMs: 2_000 } };

const healthy = 20;
const healthyPerSecond = 200;
const share = 5;
/** A round of submissions with the sick one: each healthy endpoint once, the sick one five times. */
const turn = healthy + share;
/** How long its attempts hang; after so long a pause none of them is left. */
const timeoutMs = 2_000;

export const isolation: Figure = {
  letter: "f",
  lines: {
    shift: {
      name: "p95 of 20 beside one that hangs",
      against: "without it",
      unit: "ms",
      judging: "more",
      aim: both({ below: 10 }),
    },
  },
  async measure(ground) {
    const { rounds, roundMs } = sizes[ground.size];
    const house = await ground.openHouse();
    const { api, ...server } = await house.start();
    const jobs = await timedJobs(ground.closing);
    const endpointIds: string[] = [];
    for (let made = 0; made < healthy; made += 1)
      endpointIds.push(await createEndpoint(api, `${jobs.url}/healthy/${made}`));
    const sickId = await createEndpoint(api, `${jobs.url}/hang`, { timeoutMs });
    await api.post(`/v1/endpoints/${sickId}/pause`);

    const toHealthy = (n: number): Submission => ({
      callback: { endpointId: endpointIds[n % healthy] ?? "" },
      isTimed: true,
    });
    const without = async (): Promise<number> => {
      const tookMs = await jobs.run({ api, perSecond: healthyPerSecond, forMs: roundMs, submit: toHealthy });
      return percentile(tookMs, 95);
    };
    const withSick = async (): Promise<number> => {
      await api.post(`/v1/endpoints/${sickId}/resume`);
      const tookMs = await jobs.run({
        api,
        perSecond: (healthyPerSecond * turn) / healthy,
        forMs: roundMs,
        submit: (n) => submissionOf(n, { sickId, toHealthy }),
      });
      await api.post(`/v1/endpoints/${sickId}/pause`);
      await requireHung(api, sickId);
      await new Promise((resolve) => setTimeout(resolve, timeoutMs + 500));
      return percentile(tookMs, 95);
    };
    const measured = await ground.busy.during({ server: server.process("all") }, () =>
      inTurn(rounds, withSick, without),
    );
    return { rounds: { shift: measured }, busy: ground.busy.shares() };
  },
};

/** Every fifth is for the sick one, so that they come evenly. */
export function submissionOf(
  n: number,
  { sickId, toHealthy }: { readonly sickId: string; readonly toHealthy: (n: number) => Submission },
): Submission {
  const every = turn / share;
  const turnsBefore = Math.floor(n / every);
  if (n % every === every - 1) return { callback: { endpointId: sickId }, isTimed: false };
  return toHealthy(n - turnsBefore);
}

/** Without a single attempt that failed there was nothing to be isolated from. */
async function requireHung(api: Api, sickId: string): Promise<void> {
  const path = `/v1/deliveries?endpointId=${sickId}&code=headers_timeout&limit=1`;
  const { data } = await api.get<{ readonly data: readonly unknown[] }>(path);
  if (data.length === 0) throw new Error("the endpoint that should hang had no attempt time out");
}
