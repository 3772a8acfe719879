// Links to a job's result that work without a key until they expire: what a thin callback carries as `resultUrl`.
import type { Clock, Instant } from "@ringback/core";
import { openText, sealText, type TokenKeys } from "./sealed-text.ts";

export interface ResultLinkDeps {
  /** The same for the process that mints and the one that verifies. */
  readonly tokenKeys: TokenKeys;
  /** Where clients reach this installation. */
  readonly publicUrl: () => string;
  readonly clock: Clock;
}

export type TokenVerdict =
  | { readonly ok: true; readonly tenantId: string }
  | { readonly ok: false; readonly reason: "invalid" | "expired"; readonly expiredAt?: Instant };

export interface ResultLinks {
  /** An absolute URL with `?token=`, good for `ttlMs` from now. */
  mint(result: { readonly tenantId: string; readonly jobId: string; readonly ttlMs: number }): string;
  /** Whose result the token opens: of this job and no other. */
  verify(jobId: string, token: string): TokenVerdict;
}

const tokenText = /^(\d{1,16}) (.{1,255})$/s;

export function createResultLinks(deps: ResultLinkDeps): ResultLinks {
  const { tokenKeys, publicUrl, clock } = deps;
  const binding = (jobId: string) => ({ purpose: "result.1", owner: jobId });
  return {
    mint({ tenantId, jobId, ttlMs }) {
      const token = sealText(tokenKeys, binding(jobId), `${clock.now() + ttlMs} ${tenantId}`);
      return `${resultUrl(publicUrl(), jobId)}?token=${token}`;
    },
    verify(jobId, token) {
      const match = tokenText.exec(openText(tokenKeys, binding(jobId), token) ?? "");
      const [, until, tenantId] = match ?? [];
      if (until === undefined || tenantId === undefined) return { ok: false, reason: "invalid" };
      const expiresAt = Number(until);
      if (clock.now() >= expiresAt) return { ok: false, reason: "expired", expiredAt: expiresAt };
      return { ok: true, tenantId };
    },
  };
}

/** The absolute address of a job's result, without a token. */
export function resultUrl(publicUrl: string, jobId: string): string {
  const base = publicUrl.endsWith("/") ? publicUrl.slice(0, -1) : publicUrl;
  return `${base}/v1/jobs/${jobId}/result`;
}
