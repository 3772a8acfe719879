// The doorbell: says that work may be due. The row is the truth; a ring that is lost costs one sweep, never work.
import type { Instant } from "./time.ts";

/** `jobs`: some job is due at `at`. `lane`: that lane has a delivery due at `at`. `cancel`: a running job is to stop. */
export type Ring =
  | { readonly kind: "jobs"; readonly at: Instant }
  | { readonly kind: "lane"; readonly tenantId: string; readonly laneId: string; readonly at: Instant }
  | { readonly kind: "cancel"; readonly tenantId: string; readonly jobId: string };

/** Where a store leaves its rings after a commit (embedded), or nowhere, when the transaction itself rings (scale-out). */
export type RingSink = (rings: readonly Ring[]) => void;

export interface Doorbell {
  readonly ring: RingSink;
  /** Hands every ring that has come due to `answer`. A ring may come twice, late or never. */
  start(answer: (ring: Ring) => void): Promise<void>;
  stop(): Promise<void>;
}
