// Keeps what is sealed openable: looks which master keys stored values need, seals with the present one again what a former one
// has sealed, and knows which are missing. Every process has one, also those that pick up no work.
import type { Clock, Log, SealLook, SealPosition, Store } from "@ringback/core";

export interface SealKeeperOptions {
  readonly seals: Store["seals"];
  readonly clock: Clock;
  readonly log: Log;
  /** How often it looks. */
  readonly lookMs?: number;
  /** Rows that are sealed again in one transaction. */
  readonly rowsAtOnce?: number;
}

export interface SealKeeper {
  readonly name: "seal keeper";
  /** Looks once, and from then on every `lookMs`; resolves after the first look, before anything is sealed again. */
  start(): Promise<void>;
  /** Begins nothing more; resolves when the present step is over. */
  stop(): Promise<void>;
  /** One look, and everything sealed again that it found; what fails is logged, and made again at the next look. */
  runOnce(): Promise<void>;
  /** Ids of the keys that stored values need and that are not here. */
  readonly missing: readonly string[];
}

/** About 5 ms each, between which others have their turn. */
const rowsAtOnceDefault = 100;
const lookDefaultMs = 5_000;

export function createSealKeeper(options: SealKeeperOptions): SealKeeper {
  const { seals, clock, log, lookMs = lookDefaultMs, rowsAtOnce = rowsAtOnceDefault } = options;
  let missing: readonly string[] = [];
  /** Former keys that something has needed since the start, and that nobody has been told of as free. */
  const needed = new Set<string>();
  let isPresentKnown = false;
  let areBrokenTold = false;
  let isStopped = false;
  let forget: (() => void) | null = null;
  let running: Promise<void> | null = null;

  async function look(): Promise<SealLook | null> {
    try {
      const found = await seals.look();
      tell(found);
      return found;
    } catch (thrown) {
      log.warn("seal_look_failed", { errorName: nameOf(thrown) });
      return null;
    }
  }

  function tell(found: SealLook): void {
    if (found.missing.join() !== missing.join()) tellMissing(found);
    missing = found.missing;
    for (const { kid, isNeeded } of found.former) {
      if (isNeeded) needed.add(kid);
      else if (needed.delete(kid)) {
        log.info("former_master_key_free", {
          kid,
          reason: `Everything is sealed with the master key ${found.present}; the former key ${kid} is no longer needed for it`,
        });
      }
    }
  }

  function tellMissing({ missing: kids, present }: SealLook): void {
    if (kids.length === 0) {
      log.info("master_key_found", { reason: "Everything that is sealed opens again; deliveries go on" });
      return;
    }
    const kid = kids.join(", ");
    log.error("master_key_missing", {
      kid,
      reason:
        `Stored secrets are sealed with the master key ${kid}, which is not here (the present one is ${present}): their ` +
        `deliveries are held, and nothing new is sealed. Set RINGBACK_MASTER_KEY to that key, or list it in ` +
        `RINGBACK_FORMER_MASTER_KEYS`,
    });
  }

  /** Whoever has a key missing must not decide what the others seal with. */
  async function work(found: SealLook | null): Promise<void> {
    if (found === null || found.missing.length > 0 || isStopped) return;
    try {
      if (!isPresentKnown) await seals.takeOver(clock.now());
      isPresentKnown = true;
      if (found.former.some(({ isNeeded }) => isNeeded) && (await resealAll()) > 0) await look();
    } catch (thrown) {
      log.warn("reseal_failed", { errorName: nameOf(thrown) });
    }
  }

  /** How many rows that changed. */
  async function resealAll(): Promise<number> {
    let total = 0;
    let broken = 0;
    let after: SealPosition | null = null;
    do {
      // One after the other on purpose: each is a transaction of bounded size.
      const step = await seals.reseal({ after, limit: rowsAtOnce });
      if (step.kind === "not_ours") return total;
      total += step.rows;
      broken += step.broken;
      after = step.next;
    } while (after !== null && !isStopped);
    if (total > 0) log.info("resealed", { count: total });
    if (broken > 0 && !areBrokenTold) {
      areBrokenTold = true;
      const reason =
        "They have been altered, and open with no key; they keep their former key's count above 0";
      log.warn("sealed_values_broken", { count: broken, reason });
    }
    return total;
  }

  function runOnce(): Promise<void> {
    running ??= look()
      .then(work)
      .finally(() => (running = null));
    return running;
  }

  function arm(): void {
    if (isStopped) return;
    forget = clock.after(lookMs, () => {
      void runOnce().finally(arm);
    });
  }

  return {
    name: "seal keeper",
    async start() {
      const found = await look();
      running = work(found).finally(() => {
        running = null;
        arm();
      });
    },
    async stop() {
      isStopped = true;
      forget?.();
      await running;
    },
    runOnce,
    get missing() {
      return missing;
    },
  };
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}
