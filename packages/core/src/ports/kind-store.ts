// The part of the store port through which processes tell each other which kinds of job they run.
import type { Instant } from "./time.ts";

/** Which kinds of job the processes run, as they say themselves. Kinds belong to the installation, not to a tenant. */
export interface KindStore {
  /** Says that `holder` runs these kinds, with their defaults, and no others. */
  announce(announcement: {
    readonly holder: string;
    readonly kinds: readonly AnnouncedKind[];
    readonly now: Instant;
  }): Promise<void>;
  /** What any process has announced at or after `since`, each kind once, as it was announced last. */
  announced(since: Instant): Promise<readonly AnnouncedKind[]>;
}

export interface AnnouncedKind {
  readonly kind: string;
  readonly runTimeoutMs: number;
  readonly maxRuns: number;
}
