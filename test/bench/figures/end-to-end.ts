// (d) Jobs per second from end to end: submitted, run by a handler that does nothing, called back. So many jobs are on their way
// at any time; for each that has been called back another one is submitted.
import type { Figure } from "../figure.ts";
import { both } from "../line.ts";
import { receiveCallbacks } from "../load/callbacks.ts";
import type { Round } from "../numbers/rounds.ts";

const sizes = { full: { rounds: 5, roundMs: 2_000 }, quick: { rounds: 1, roundMs: 1_000 } };
const onTheirWay = 256;
/** No callback for so long, and it is not slow but stuck. */
const stuckMs = 10_000;

export const endToEnd: Figure = {
  letter: "d",
  lines: {
    jobs: {
      name: "jobs, end to end",
      against: null,
      unit: "/s",
      judging: "value",
      aim: both(null),
    },
  },
  async measure(ground) {
    const { rounds, roundMs } = sizes[ground.size];
    const house = await ground.openHouse();
    const server = await house.start();
    const failed = Promise.withResolvers<never>();
    // Between two rounds nobody listens; the next one hears of it.
    failed.promise.catch(() => undefined);
    let calledBack = 0;
    let isOver = false;
    const submit = (): void => {
      if (isOver) return;
      server.api.expect(202, { method: "POST", path: "/v1/jobs", body }).catch(failed.reject);
    };
    const url = await receiveCallbacks(ground.closing, () => {
      calledBack += 1;
      submit();
      return "answer";
    });
    const callback = { url: `${url}/callback` };
    const body = JSON.stringify({ kind: "bench.noop", input: { n: 1 }, callback });

    const round = async (): Promise<Round> => {
      const [before, startedMs] = [calledBack, performance.now()];
      await Promise.race([pause(roundMs), failed.promise]);
      const ours = (calledBack - before) / ((performance.now() - startedMs) / 1_000);
      if (ours === 0) await Promise.race([pause(stuckMs), failed.promise]);
      if (calledBack === before) throw new Error(`no callback for ${stuckMs} ms`);
      return { ours, bare: null };
    };
    for (let started = 0; started < onTheirWay; started += 1) submit();
    await round();
    const measured: Round[] = [];
    await ground.busy.during({ server: server.process("all") }, async () => {
      while (measured.length < rounds) measured.push(await round());
    });
    isOver = true;
    return { rounds: { jobs: measured }, busy: ground.busy.shares() };
  },
};

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
