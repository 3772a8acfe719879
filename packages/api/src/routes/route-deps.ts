// What the routes share: the deps with their settings filled in, and what is made once of them.
import type { JobKey, JobWithPayloads, Traces } from "@ringback/core";
import type { ApiDeps, ApiSettings } from "../api-deps.ts";
import type { LeaseDesk } from "../feed/lease-desk.ts";
import type { Outlooks } from "../feed/outlooks.ts";
import type { PolledJobs } from "../feed/polled-jobs.ts";
import type { SharedReads } from "../feed/shared-reads.ts";
import type { Waiters } from "../feed/waiters.ts";
import type { IntakeGate } from "../intake/intake-gate.ts";
import type { KindDirectory } from "../intake/kind-directory.ts";
import type { LeasedKinds } from "../intake/leased-kinds.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import type { Cursors } from "../tokens/cursors.ts";
import type { ResultLinks } from "../tokens/result-links.ts";
import type { RunTokens } from "../tokens/run-tokens.ts";

export interface RouteDeps extends Omit<ApiDeps, "settings" | "traces"> {
  readonly traces: Traces;
  readonly settings: ApiSettings;
  readonly cursors: Cursors;
  readonly resultLinks: ResultLinks;
  readonly runTokens: RunTokens;
  readonly leaseDesk: LeaseDesk;
  readonly leasedKinds: LeasedKinds;
  readonly waiters: Waiters;
  readonly intakeGate: IntakeGate;
  readonly jobReads: SharedReads<JobKey, JobWithPayloads | null>;
  readonly polledJobs: PolledJobs;
  readonly outlooks: Outlooks;
  readonly kindDirectory: KindDirectory;
  readonly queries: ListQueries;
  /** Ends a revoked key in this process at once. */
  readonly forgetKey: (keyId: string) => void;
}
