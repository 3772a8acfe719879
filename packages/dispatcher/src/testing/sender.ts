// Everything an attempt needs, with loopback allowed and a clock that stands still.
import { noTraces, type AttemptRecord, type ClaimedDelivery, type Log, type Random } from "@ringback/core";
import { parseAllowNetworks, type AllowedNetwork } from "../address/allow-networks.ts";
import { createAddressGuard, type GuardedConnections } from "../address/guard.ts";
import { makeAttempt, type AttemptOptions } from "../lane/attempt.ts";
import { Lines } from "../lane/lines.ts";
import { claimedDelivery } from "./fake-lane-store.ts";
import { ManualClock } from "./manual-clock.ts";

export const silentLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
export const testRandom: Random = { bytes: (count) => new Uint8Array(count).fill(1), unit: () => 0.5 };

/** The networks of a setting that is known to be right. */
export function allowed(text: string): readonly AllowedNetwork[] {
  const parsed = parseAllowNetworks(text);
  if ("problems" in parsed) throw new Error(parsed.problems.join("; "));
  return parsed.networks;
}

export interface Sender {
  readonly clock: ManualClock;
  readonly guard: GuardedConnections;
  readonly lines: Lines;
  readonly options: AttemptOptions;
  attempt(url: string, changes?: Partial<ClaimedDelivery>): Promise<AttemptRecord>;
  close(): void;
}

export function createSender(
  settings: { readonly allowNetworks?: string; readonly dnsServers?: readonly string[] } = {},
): Sender {
  const clock = new ManualClock();
  const guard = createAddressGuard({
    allowNetworks: allowed(settings.allowNetworks ?? "127.0.0.0/8"),
    allowHttp: false,
    dnsServers: settings.dnsServers,
    ownAddresses: () => [],
    clock,
  });
  const lines = new Lines({ guard, clock, connectTimeoutMs: 5_000 });
  const options: AttemptOptions = {
    lane: { tenantId: "default", laneId: "lane", token: 1 },
    lines,
    guard,
    clock,
    random: testRandom,
    log: silentLog,
    traces: noTraces,
    userAgent: "Ringback/test",
    attemptTimeoutMs: 15_000,
  };
  return {
    clock,
    guard,
    lines,
    options,
    attempt: (url, changes) => makeAttempt(claimedDelivery(url, changes), options),
    close: () => lines.close(),
  };
}

function ignore(): void {}
