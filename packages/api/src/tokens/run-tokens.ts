// Tokens of runs that are held outside: a lease for its tenant, and a completion for whoever was called. They carry the run's
// fencing token, so what is done with one holds only while that run does, and nothing about them has to be stored.
import type { Instant, RunCompletion, RunKey } from "@ringback/core";
import { openText, sealText, type TokenKeys } from "./sealed-text.ts";

/** A run that a token stands for. */
export interface OutsideRun extends RunKey {
  /** Its span, to be ended where the run is; null when it is not traced. */
  readonly carried: string | null;
}

export interface LeasedRun extends OutsideRun {
  readonly kind: string;
  readonly begunAt: Instant;
  readonly runTimeoutMs: number;
}

export interface RunTokens {
  sealLease(run: LeasedRun): string;
  /** Null for what is not a lease of this tenant. */
  openLease(tenantId: string, lease: string): LeasedRun | null;
  /** Whose run of this job the token ends; null when it ends none. */
  openCompletion(jobId: string, token: string): OutsideRun | null;
}

export interface CompletionDeps {
  /** The same for the process that makes tokens and the one that opens them. */
  readonly tokenKeys: TokenKeys;
  /** Where clients reach this installation. */
  readonly publicUrl: () => string;
}

const leaseBinding = (tenantId: string) => ({ purpose: "lease.1", owner: tenantId });
const completionBinding = (jobId: string) => ({ purpose: "completion.1", owner: jobId });
const leaseText = /^(\S{1,64}) (\d{1,16}) (\d{1,16}) (\d{1,16}) (\S{1,100})(?: (\S{1,200}))?$/;
const completionText = /^(\d{1,16}) (\S{1,255})(?: (\S{1,200}))?$/;

export function createRunTokens(tokenKeys: TokenKeys): RunTokens {
  return {
    sealLease({ tenantId, jobId, kind, token, begunAt, runTimeoutMs, carried }) {
      const text = `${jobId} ${token} ${begunAt} ${runTimeoutMs} ${kind}`;
      return sealText(tokenKeys, leaseBinding(tenantId), withCarried(text, carried));
    },
    openLease(tenantId, lease) {
      const match = leaseText.exec(openText(tokenKeys, leaseBinding(tenantId), lease) ?? "");
      const [, jobId, token, begunAt, runTimeoutMs, kind, carried = null] = match ?? [];
      if (jobId === undefined || kind === undefined) return null;
      const numbers = { token: Number(token), begunAt: Number(begunAt), runTimeoutMs: Number(runTimeoutMs) };
      return { tenantId, jobId, kind, ...numbers, carried };
    },
    openCompletion(jobId, token) {
      const match = completionText.exec(openText(tokenKeys, completionBinding(jobId), token) ?? "");
      const [, fencing, tenantId, carried = null] = match ?? [];
      return fencing === undefined || tenantId === undefined
        ? null
        : { tenantId, jobId, token: Number(fencing), carried };
    },
  };
}

function withCarried(text: string, carried: string | null): string {
  return carried === null ? text : `${text} ${carried}`;
}

/** What the runner sends to upstreams that may answer 202. */
export function createCompletions({
  tokenKeys,
  publicUrl,
}: CompletionDeps): (
  run: RunKey & { readonly carried?: OutsideRun["carried"] | undefined },
) => RunCompletion {
  return ({ tenantId, jobId, token, carried = null }) => {
    const job = `${publicUrl().replace(/\/$/, "")}/v1/jobs/${jobId}`;
    return {
      completeUrl: `${job}/complete`,
      failUrl: `${job}/fail`,
      token: sealText(tokenKeys, completionBinding(jobId), withCarried(`${token} ${tenantId}`, carried)),
    };
  };
}
