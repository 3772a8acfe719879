// Runs that are held by somebody who is no process of ours. Everything else about them is `RunStore`'s: the same fencing,
// heartbeats, progress and ends.
import type { Instant } from "./time.ts";

/** What a run's key and a claim are is `RunStore`'s to say. */
export interface OutsideRunStore<Key, Claimed> {
  /** Leases due jobs of one tenant to somebody outside (`outsideHolders.lease`), in the order and by the rules of `claim`. */
  claimFor(options: {
    readonly tenantId: string;
    readonly kinds: readonly string[];
    readonly limit: number;
    readonly now: Instant;
    readonly leaseMs: number;
  }): Promise<Claimed[]>;
  /**
   * Hands held runs over to their upstreams (`outsideHolders.upstream`), which end them by the token of the claim until
   * `until`; afterwards they are `run_timeout`. One whose cancellation was requested ends as canceled instead.
   */
  handOver(
    runs: readonly (Key & { readonly until: Instant })[],
    now: Instant,
  ): Promise<("handed_over" | "lost")[]>;
}
