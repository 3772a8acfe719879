// The load of a storm: clients that submit, hear their callbacks, and start over when the server is killed under them.
import { setTimeout as pause } from "node:timers/promises";
import type { JobJson } from "../support/api-shapes.ts";
import type { AcceptedSubmission } from "../support/auditor.ts";
import type { Receiver } from "../support/receiver.ts";
import type { Seeded } from "../support/seed.ts";
import type { ServerHome } from "../support/server-process.ts";
import { whsec } from "../support/whsec.ts";

export interface StormLoad {
  readonly accepted: readonly AcceptedSubmission[];
  /** Marks of submissions that were given up without an answer. */
  readonly unanswered: readonly string[];
  /** Resolves once that many more submissions have been accepted. */
  afterAccepted(count: number): Promise<void>;
  /** Tells the clients that the server they may be waiting for is up again. */
  serverIsUp(): void;
  /** Resolves when every client has finished its last submission. */
  end(): Promise<void>;
}

export interface StormOptions {
  readonly home: ServerHome;
  readonly chance: Seeded;
  /** Answers at once, mostly. */
  readonly steady: Receiver;
  /** A registered endpoint, whose receiver fails now and then. */
  readonly endpointId: string;
  readonly clients: number;
}

/** Stands in every input, and must not stand in any log. */
export const stormCanary = "CANARY-of-the-storm";
export const stormSecret = whsec("storm");

export function startStormLoad(options: StormOptions): StormLoad {
  const { home, steady, clients } = options;
  const accepted: AcceptedSubmission[] = [];
  const unanswered: string[] = [];
  const listeners = new Set<() => void>();
  let isOver = false;
  let marks = 0;
  let up = Promise.withResolvers<void>();

  const submitOnce = async (): Promise<void> => {
    marks += 1;
    const mark = `m${marks}`;
    const isKeyed = options.chance.unit() < 0.8;
    const job = await submit(home, {
      body: randomJob(options, mark),
      key: isKeyed ? mark : null,
      up: () => up.promise,
    });
    if (job === null) {
      unanswered.push(mark);
      return;
    }
    accepted.push({ mark, jobId: job.id });
    for (const listener of listeners) listener();
    if (job.callback?.endpointId === undefined) await Promise.race([calledBack(steady, mark), up.promise]);
  };
  const client = async (): Promise<void> => {
    if (isOver) return;
    await submitOnce();
    await client();
  };
  const all = Promise.all(Array.from({ length: clients }, client));

  return {
    accepted,
    unanswered,
    afterAccepted(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wanted = accepted.length + count;
      const listener = (): void => {
        if (accepted.length < wanted) return;
        listeners.delete(listener);
        resolve();
      };
      listeners.add(listener);
      return promise;
    },
    serverIsUp() {
      const before = up;
      up = Promise.withResolvers<void>();
      before.resolve();
    },
    async end() {
      isOver = true;
      up.resolve();
      await all;
    },
  };
}

/** A client goes on when its callback has arrived, or when that takes long. */
async function calledBack(steady: Receiver, mark: string): Promise<void> {
  await steady.waitFor(({ path }) => path === `/${mark}`, 2_000).catch(() => undefined);
}

interface Submission {
  readonly body: Readonly<Record<string, unknown>>;
  /** Its Idempotency-Key; without one a submission that fails is given up. */
  readonly key: string | null;
  readonly up: () => Promise<void>;
}

/**
 * With a key the client insists until it has its 202, over as many servers as it takes, and waits when it is told to
 * (503, Retry-After); null when it gave up.
 */
async function submit(home: ServerHome, submission: Submission): Promise<JobJson | null> {
  const { body, key, up } = submission;
  const nextServer = up();
  const headers = key === null ? {} : { "idempotency-key": key };
  try {
    const answer = await home.client.call("/v1/jobs", { method: "POST", body, headers });
    if (answer.status === 202) return answer.json as JobJson;
    if (answer.status !== 503) throw new Error(`POST /v1/jobs: ${answer.status} ${answer.text}`);
    await pause(Number(answer.headers.get("retry-after")) * 1_000);
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    await nextServer;
  }
  return key === null ? null : submit(home, submission);
}

function randomJob(options: StormOptions, mark: string): Readonly<Record<string, unknown>> {
  const { chance, steady, endpointId } = options;
  const kinds = [
    { kind: "chaos.echo", input: { mark, note: stormCanary } },
    { kind: "chaos.echo", input: { mark, note: stormCanary } },
    { kind: "chaos.echo", input: { mark, note: stormCanary } },
    { kind: "chaos.work", input: { forMs: chance.whole(0, 40) } },
    { kind: "chaos.fails-once", input: { mark, note: stormCanary } },
    { kind: "chaos.fails-always", input: { mark, note: stormCanary } },
  ];
  const callback =
    chance.unit() < 0.3 ? { endpointId } : { url: `${steady.origin}/${mark}`, secret: stormSecret };
  return { ...chance.pick(kinds), callback, metadata: { mark } };
}
