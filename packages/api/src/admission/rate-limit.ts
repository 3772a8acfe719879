// The request rate of a key: its bucket, what every answer says of it, and the refusal when it is empty.
//
// The fields are those of draft-ietf-httpapi-ratelimit-headers-10 (structured fields, RFC 9651): `q` requests in a window of `w`
// seconds, `r` left, `t` seconds until there is more. A token bucket's window is the time in which it fills.
import type { Clock } from "@ringback/core";
import { refusal, type Refusal } from "../problems/refusal.ts";
import { createTokenBuckets, windowSeconds } from "./token-buckets.ts";

export interface RateLimit {
  /** Counts one request; writes `ratelimit-policy` and `ratelimit` into `headers`. Null when it may go on. */
  count(keyId: string, perMinute: number, headers: Record<string, string>): Refusal | null;
}

const keysMax = 10_000;

export function createRateLimit(clock: Pick<Clock, "monotonicMs">): RateLimit {
  const buckets = createTokenBuckets(() => clock.monotonicMs(), keysMax);
  return {
    count(keyId, perMinute, headers) {
      const { ok, left, nextInSeconds } = buckets.take(keyId, perMinute);
      headers["ratelimit-policy"] = `"default";q=${perMinute};w=${windowSeconds}`;
      headers["ratelimit"] = `"default";r=${left};t=${nextInSeconds}`;
      if (ok) return null;
      return refusal(
        "rate-limited",
        `This key has made more than ${perMinute} requests in a minute; there is room for another in ${nextInSeconds} s.`,
        { headers: { "retry-after": String(nextInSeconds) } },
      );
    },
  };
}
