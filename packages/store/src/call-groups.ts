// Commits the calls of many callers together where commits take their time: what is brought while one is under way
// shares the next one.
//
// It decides who shares a commit and who hears what. When the work of a group fails for a reason that lies in one of its
// calls, every call is made again alone, so that only the culprit is refused.
import type { Clock, StoreUnavailable } from "@ringback/core";
import { countCommit, createCommitStatistics, type CommitStatistics } from "./commit-statistics.ts";

export type Grouped<Call, Answer> = (call: Call) => Promise<Answer>;

export interface CallGroups {
  /** A line of its own: its groups are committed one after the other, each call answered in its place. */
  line<Call, Answer>(
    commit: (calls: readonly Call[]) => Promise<readonly Answer[]>,
    gathering?: Gathering,
  ): Grouped<Call, Answer>;
  readonly statistics: CommitStatistics;
  /** Resolves when everything that was brought has been answered. */
  drained(): Promise<void>;
}

/** Lets a group wait until it has as many calls as have lately come together, but no longer than this after the one before began. */
export interface Gathering {
  readonly withinMs: number;
  readonly clock: Clock;
}

/** From group to group, so that a crowd is soon forgotten. */
const wantedDecay = 0.98;
/** Bounds how long the calls of one group wait for each other. */
const groupCallsMax = 500;

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

export function createCallGroups(asUnavailable: (thrown: unknown) => StoreUnavailable | null): CallGroups {
  const statistics = createCommitStatistics();
  const busy = new Set<Promise<void>>();

  return {
    statistics,
    line<Call, Answer>(
      commit: (calls: readonly Call[]) => Promise<readonly Answer[]>,
      gathering?: Gathering,
    ): Grouped<Call, Answer> {
      const waiting: Waiting<Call, Answer>[] = [];
      let running = false;
      /** How many calls have lately come together. */
      let wanted = 0;
      let beganMs = Number.NEGATIVE_INFINITY;
      let goOn: (() => void) | null = null;

      async function gather({ withinMs, clock }: Gathering): Promise<void> {
        const restMs = beganMs + withinMs - clock.monotonicMs();
        if (restMs > 0 && waiting.length < wanted) {
          const { promise, resolve } = Promise.withResolvers<void>();
          const forget = clock.after(restMs, resolve);
          goOn = resolve;
          await promise;
          goOn = null;
          forget();
        }
        wanted = Math.max(waiting.length, wanted * wantedDecay);
        beganMs = clock.monotonicMs();
      }

      async function answer(group: readonly Waiting<Call, Answer>[]): Promise<void> {
        try {
          const answers = await commit(group.map(({ call }) => call));
          if (answers.length !== group.length) throw new Error("A group was not answered whole.");
          countCommit(statistics, group.length);
          for (const [at, { resolve }] of group.entries()) resolve(answers[at] as Answer);
        } catch (thrown) {
          const unavailable = asUnavailable(thrown);
          if (group.length > 1 && unavailable === null) {
            for (const one of group) await answer([one]);
            return;
          }
          for (const { reject } of group) reject(unavailable ?? thrown);
        }
      }

      async function run(): Promise<void> {
        // What is brought in the same turn of the event loop shares the first commit.
        await new Promise<void>((resolve) => void setImmediate(resolve));
        while (waiting.length > 0) {
          if (gathering !== undefined) await gather(gathering);
          await answer(waiting.splice(0, groupCallsMax));
        }
        running = false;
      }

      return (call: Call): Promise<Answer> =>
        new Promise<Answer>((resolve, reject) => {
          waiting.push({ call, resolve, reject });
          if (waiting.length >= wanted) goOn?.();
          if (running) return;
          running = true;
          const under = run().finally(() => busy.delete(under));
          busy.add(under);
        });
    },
    async drained() {
      while (busy.size > 0) await Promise.all(busy);
    },
  };
}
