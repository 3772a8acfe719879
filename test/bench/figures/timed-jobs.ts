// Jobs by a fixed schedule, and for each how long it took from the instant it was meant to be submitted to its callback.
import type { Closing } from "../closing.ts";
import type { Api } from "../load/api.ts";
import { receiveCallbacks } from "../load/callbacks.ts";
import { openLoop } from "../load/open-loop.ts";
import { bounded } from "../../support/bounded.ts";

export interface TimedJobs {
  /** Where callbacks arrive; whatever is sent under `/hang` is never answered. Without a trailing slash. */
  readonly url: string;
  /** Resolves, when the last one has been called back, with the milliseconds each took; rejects when one is not within 20 s. */
  run(schedule: Schedule): Promise<readonly number[]>;
}

export interface Schedule {
  readonly api: Api;
  readonly perSecond: number;
  readonly forMs: number;
  readonly submit: (n: number) => Submission;
}

export interface Submission {
  readonly callback: object;
  /** False for a job whose callback nobody waits for. */
  readonly isTimed: boolean;
}

const calledBackWithinMs = 20_000;

export async function timedJobs(closing: Closing): Promise<TimedJobs> {
  const waiting = new Map<number, (atMs: number) => void>();
  let lastNumber = 0;
  const url = await receiveCallbacks(closing, ({ path, body, atMs }) => {
    if (path.startsWith("/hang")) return "hang";
    const { data } = JSON.parse(body) as { readonly data: { readonly input: { readonly number: number } } };
    waiting.get(data.input.number)?.(atMs);
    waiting.delete(data.input.number);
    return "answer";
  });

  return {
    url,
    async run({ api, perSecond, forMs, submit }) {
      const calledBack: Promise<number>[] = [];
      const send = async (n: number, intendedMs: number): Promise<void> => {
        lastNumber += 1;
        const { callback, isTimed } = submit(n);
        if (isTimed) {
          const { promise, resolve } = Promise.withResolvers<number>();
          waiting.set(lastNumber, resolve);
          calledBack.push(promise.then((atMs) => atMs - intendedMs));
        }
        const body = JSON.stringify({ kind: "bench.noop", input: { number: lastNumber }, callback });
        await api.expect(202, { method: "POST", path: "/v1/jobs", body });
      };
      await openLoop({ perSecond, forMs, send });
      return await bounded(Promise.all(calledBack), calledBackWithinMs, () => `callback of every job`);
    },
  };
}
