// The doorbell: says that work may be due. The row is the truth; a ring that is lost costs one sweep, never work.
import type { Instant } from "./time.ts";

/** `jobs`: some job is due at `at`. `lane`: that lane has a delivery due at `at`. `cancel`: a running job is to stop. */
export type Ring =
  | { readonly kind: "jobs"; readonly at: Instant }
  | {
      readonly kind: "lane";
      readonly tenantId: string;
      readonly laneId: string;
      readonly at: Instant;
      /** Set when some process held the lane as the ring was made: only that one can do something about it. */
      readonly held?: true;
    }
  | { readonly kind: "cancel"; readonly tenantId: string; readonly jobId: string };

/** Where a store leaves its rings after a commit; in scale-out the transaction itself rings, too, for the other processes. */
export type RingSink = (rings: readonly Ring[]) => void;

export interface Doorbell {
  readonly ring: RingSink;
  /** Hands every ring that has come due to `answer`. A ring may come twice, late or never. */
  start(answer: (ring: Ring) => void): Promise<void>;
  /** Jobs are due and this process has no room left: rings for the others, if there are any. */
  passOn(): void;
  stop(): Promise<void>;
}
