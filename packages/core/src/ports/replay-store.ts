// The part of the store port for replays: made and changed by the support desk, worked by one process at a time.
import type { Replay, ReplayPlan, ReplayVerb } from "../replay/replay.ts";
import type { Selection } from "../delivery/delivery-filter.ts";
import type { Act } from "../tenant/audit.ts";
import type { ListPosition, Page, PageRequest } from "./page.ts";
import type { Instant } from "./time.ts";

export interface ReplayKey {
  readonly tenantId: string;
  readonly replayId: string;
}

export interface ReplayStore {
  /**
   * Makes an operation whose items are the tenant's open dead letters of its filter that died until now; they are fixed by
   * its first steps. One with the same filter that is not finished is refused, as is one more than `unfinishedReplaysMax`.
   */
  create(
    replay: ReplayPlan & { readonly tenantId: string; readonly id: string },
    now: Instant,
    act: Act,
  ): Promise<ReplayCreated>;
  /** `afterReplayVerb`; null when the tenant has no such replay. What is under way goes on, also after a cancel. */
  change(key: ReplayKey, verb: ReplayVerb, now: Instant, act: Act): Promise<ReplayChanged | null>;
  /** Leases replays that have something to do; with `soleHolder` also those that another process holds. */
  claim(options: {
    readonly holder: string;
    readonly limit: number;
    readonly now: Instant;
    readonly leaseMs: number;
    readonly soleHolder: boolean;
  }): Promise<HeldReplay[]>;
  /**
   * One bounded step: fixes the next items, or sees what became of those under way and makes the next that rate and order
   * allow. Each is made in the transaction that notes it as made, so a process that is lost has made it or has not. Extends the lease.
   */
  step(
    held: HeldReplay,
    options: { readonly now: Instant; readonly leaseMs: number; readonly limit: number },
  ): Promise<ReplayStep>;
  /** Gives it back, so that another process can go on at once. */
  release(held: HeldReplay): Promise<void>;
}

/** Fenced by its token: what somebody else has claimed since is `lost`. */
export interface HeldReplay extends ReplayKey {
  readonly token: number;
}

export type ReplayCreated =
  | { readonly kind: "created"; readonly replay: Replay }
  | { readonly kind: "running"; readonly replay: Replay }
  | { readonly kind: "too_many" };

export type ReplayChanged =
  | { readonly kind: "changed" | "unchanged"; readonly replay: Replay }
  | { readonly kind: "finished"; readonly replay: Replay };

export type ReplayStep =
  /**
   * `goesOn`: at once while its items are being fixed; `at` when its rate allows the next; or there is nothing to do but to see
   * what becomes of what is under way.
   */
  | {
      readonly kind: "working";
      readonly changed: boolean;
      readonly goesOn: "at_once" | "by_looking" | { readonly at: Instant };
    }
  /** Completed, stopped, paused or canceled: nobody holds it any more. */
  | { readonly kind: "over" }
  | { readonly kind: "lost" };

export interface ReplayReads {
  getReplay(tenantId: string, replayId: string): Promise<Replay | null>;
  listReplays(tenantId: string, page: PageRequest): Promise<Page<Replay, ListPosition>>;
  /** The version of each, in the order asked; null for one that is unknown. At most `readKeysMax`. */
  replayVersions(keys: readonly ReplayKey[]): Promise<readonly (number | null)[]>;
  /** What a replay of this filter would be made of now. */
  previewReplay(tenantId: string, filter: Selection): Promise<ReplayPreview>;
}

export interface ReplayPreview {
  /** Open dead letters: exactly as many items a replay would have. */
  readonly count: number;
  /** By host, the most first, at most `previewHostsMax`. */
  readonly hosts: readonly { readonly host: string; readonly count: number }[];
  readonly hostCount: number;
  readonly oldestDiedAt: Instant | null;
  /** Dead letters of the same filter that have been delivered since they died. */
  readonly deliveredSince: number;
}

export const previewHostsMax = 100;
