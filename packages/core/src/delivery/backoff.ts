// When a failed attempt is tried again: exponential with jitter, or a list of delays, and a receiver's Retry-After.
import type { Instant, Random } from "../ports/time.ts";

/** Exponential: `delay(n) = min(capMs, baseMs × factor^(n−1))`. Or a plain list: one delay in milliseconds per retry. */
export type RetryPolicy =
  | { readonly baseMs: number; readonly factor: number; readonly capMs: number; readonly maxAttempts: number }
  | readonly number[];

/** 10 attempts over about 75 hours: 5 s, 25 s, 2 min 5 s, 10 min 25 s, 52 min, 4 h 20 min, 21 h 42 min, 24 h, 24 h. */
export const defaultRetryPolicy: RetryPolicy = {
  baseMs: 5_000,
  factor: 5,
  capMs: 24 * 3_600_000,
  maxAttempts: 10,
};

export const delayMaxMs = 24 * 3_600_000;
const retryAfterMinMs = 1_000;
const jitter = 0.2;

/** True when it can be followed; what was stored as a policy may have been damaged since. */
export function isRetryPolicy(value: unknown): value is RetryPolicy {
  const isNumber = (part: unknown): boolean => typeof part === "number" && part >= 0;
  if (Array.isArray(value)) return value.every(isNumber);
  if (typeof value !== "object" || value === null) return false;
  const parts = value as Readonly<Record<string, unknown>>;
  return ["baseMs", "factor", "capMs", "maxAttempts"].every((name) => isNumber(parts[name]));
}

/** How many attempts the policy allows in all. */
export function attemptsAllowed(policy: RetryPolicy): number {
  return isList(policy) ? policy.length + 1 : policy.maxAttempts;
}

/** When to try again after the `failed`-th failed attempt (1, 2, …); null when the policy is exhausted. */
export function retryAt(
  policy: RetryPolicy,
  failed: number,
  options: { readonly now: Instant; readonly retryAfterMs: number | null; readonly random: Random },
): Instant | null {
  if (failed >= attemptsAllowed(policy)) return null;
  const { now, retryAfterMs, random } = options;
  const scheduledMs = Math.round(plainDelayMs(policy, failed) * (1 - jitter + 2 * jitter * random.unit()));
  const askedMs = retryAfterMs === null ? 0 : Math.min(delayMaxMs, Math.max(retryAfterMinMs, retryAfterMs));
  return now + Math.max(scheduledMs, askedMs);
}

function plainDelayMs(policy: RetryPolicy, failed: number): number {
  if (isList(policy)) return Math.min(delayMaxMs, policy[failed - 1] ?? 0);
  return Math.min(delayMaxMs, policy.capMs, policy.baseMs * policy.factor ** (failed - 1));
}

function isList(policy: RetryPolicy): policy is readonly number[] {
  return Array.isArray(policy);
}

/**
 * Milliseconds that a `Retry-After` value asks for (RFC 9110 §10.2.3: seconds or an HTTP date); null when it says
 * nothing usable. Negative and past values are 0; `retryAt` clamps what is used.
 */
export function parseRetryAfter(value: string | undefined, now: Instant): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  if (/^-?\d{1,15}$/.test(text)) return Math.max(0, Number(text) * 1_000);
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
