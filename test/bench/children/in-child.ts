// The child's end of the line to the benchmark: says that it is ready, answers what it is asked, and ends with its parent.

/** By verb; what one throws is the asker's to hear. */
export type Verbs = Readonly<Record<string, (given: unknown) => unknown>>;

interface Question {
  readonly id: number;
  readonly verb: string;
  readonly given: unknown;
}

/** What every child can be asked about itself. */
export interface Usage {
  /** Of all its threads since it was started. */
  readonly cpuMs: number;
  /** Resident now, resident at the most since it was started, and what of it JavaScript's heap uses; in bytes. */
  readonly residentBytes: number;
  readonly residentBytesMax: number;
  readonly heapBytes: number;
}

/** `onOrphaned` is called when the parent is gone, however it ended; unless told otherwise the process then ends at once. */
export function answerParent(verbs: Verbs, onOrphaned: () => void = die): void {
  const all: Verbs = { usage, pid: () => process.pid, ...verbs };
  process.on("message", (question: Question) => void answer(all, question));
  process.on("disconnect", onOrphaned);
}

/** Tells the parent that it may ask now. */
export function ready(told: unknown = null): void {
  process.send?.({ ready: told });
}

async function answer(verbs: Verbs, { id, verb, given }: Question): Promise<void> {
  try {
    const act = verbs[verb];
    if (act === undefined) throw new Error(`there is no verb ${verb}`);
    process.send?.({ id, value: (await act(given)) ?? null });
  } catch (thrown) {
    process.send?.({ id, error: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    cpuMs: (user + system) / 1_000,
    residentBytes: rss,
    residentBytesMax: process.resourceUsage().maxRSS * 1_024,
    heapBytes: heapUsed,
  };
}

function die(): void {
  process.kill(process.pid, "SIGKILL");
}
