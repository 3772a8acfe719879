// Whether this process should be given requests: it is up, its database answers, what is sealed opens, and due work makes
// progress.
import type { Clock, Store } from "@ringback/core";
import type { ProgressCheck } from "@ringback/runner";
import { defaultTenantId } from "./first-start.ts";

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

export interface ReadinessOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, "reads">;
  /** False while starting and draining. */
  readonly isUp: () => boolean;
  /** Ids of master keys that stored secrets need and that are not here. */
  readonly missingKeys: () => readonly string[];
  /** Null in a process that picks up no work. */
  readonly progress: (() => Promise<ProgressCheck>) | null;
}

/** How long the database may take to say that it is there. */
const answerWithinMs = 2_000;
/** Probes may come often and from anybody; they share an answer for this long. */
const keptMs = 1_000;

export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  const { clock, store, isUp, missingKeys, progress } = options;
  let kept: { readonly atMs: number; readonly answer: Promise<Readiness> } | null = null;

  async function look(): Promise<Readiness> {
    const [isAnswering, progressing] = await Promise.all([databaseAnswers(), progress?.() ?? null]);
    const missing = missingKeys();
    const checks = {
      process: "up",
      database: isAnswering ? "It answers." : "It does not answer.",
      masterKey: keyCheck(missing),
      ...(progressing !== null && { progress: progressing.detail }),
    };
    const isReady = isAnswering && missing.length === 0 && progressing?.ok !== false;
    return { ready: isReady, checks };
  }

  /** One row by its index. */
  function databaseAnswers(): Promise<boolean> {
    return new Promise((resolve) => {
      const forget = clock.after(answerWithinMs, () => resolve(false));
      store.reads.feedHead(defaultTenantId).then(
        () => {
          forget();
          resolve(true);
        },
        () => {
          forget();
          resolve(false);
        },
      );
    });
  }

  return async () => {
    if (!isUp()) return { ready: false, checks: { process: "starting or draining" } };
    const nowMs = clock.monotonicMs();
    if (kept === null || nowMs - kept.atMs > keptMs) kept = { atMs: nowMs, answer: look() };
    return kept.answer;
  };
}

function keyCheck(missing: readonly string[]): string {
  if (missing.length === 0) return "Everything that is sealed opens.";
  return (
    `Stored secrets are sealed with the master key ${missing.join(", ")}, which is not here; their deliveries are held. ` +
    "Set RINGBACK_MASTER_KEY to it, or list it in RINGBACK_FORMER_MASTER_KEYS."
  );
}
