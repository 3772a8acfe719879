// Failed authentications of one peer: after too many of them its unknown keys are refused without being looked up.
//
// A key that was good before is always looked up, so that one client's mistakes do not shut out another behind the same address.
import { isIPv6 } from "node:net";
import type { Clock } from "@ringback/core";
import { refusal, type Refusal } from "../problems/refusal.ts";
import { createTokenBuckets } from "./token-buckets.ts";

export interface FailedAuthentications {
  /** The refusal of a peer that has failed too often; null while it may try. */
  refused(peer: string | null): Refusal | null;
  failed(peer: string | null): void;
}

const peersMax = 10_000;

/** Without an address (null) nothing is limited. */
export function createFailedAuthentications(
  clock: Pick<Clock, "monotonicMs">,
  perMinute: number,
): FailedAuthentications {
  const buckets = createTokenBuckets(() => clock.monotonicMs(), peersMax);
  return {
    refused(peer) {
      if (peer === null) return null;
      const { ok, nextInSeconds } = buckets.look(networkOf(peer), perMinute);
      if (ok) return null;
      return refusal("rate-limited", "Too many requests without a valid key have come from this address.", {
        headers: { "retry-after": String(nextInSeconds) },
      });
    },
    failed(peer) {
      if (peer !== null) buckets.take(networkOf(peer), perMinute);
    },
  };
}

const v4Mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4 address, or the first 64 bits of an IPv6 one, all of which one host usually has. */
export function networkOf(peer: string): string {
  const mapped = v4Mapped.exec(peer)?.[1];
  if (mapped !== undefined) return mapped;
  const [address = peer] = peer.split("%");
  if (!isIPv6(address)) return peer;
  const [front = "", back] = address.split("::");
  const groups = front === "" ? [] : front.split(":");
  const behind = back === undefined || back === "" ? [] : back.split(":");
  const filled =
    back === undefined
      ? groups
      : [...groups, ...Array.from({ length: 8 - groups.length - behind.length }, () => "0"), ...behind];
  return filled
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, "").toLowerCase())
    .join(":");
}
