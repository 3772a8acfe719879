// Guards for tests, and what both levels of a guard answer about a URL.
import { createAddressGuard, type AddressGuardOptions, type GuardedConnections } from "../address/guard.ts";
import type { Target } from "../address/url-form.ts";
import { ManualClock } from "./manual-clock.ts";

export function guardWith(options: Partial<AddressGuardOptions> = {}): GuardedConnections {
  return createAddressGuard({
    allowNetworks: [],
    allowHttp: false,
    ownAddresses: () => [],
    clock: new ManualClock(),
    ...options,
  });
}

export function nameTarget(hostname: string): Target {
  return { isTls: true, hostname, literal: null, port: 443, unlessAllowed: null };
}

/** The rules that refuse a URL at registration and at connect; null where it is accepted. */
export async function bothLevels(guard: GuardedConnections, url: string): Promise<(string | null)[]> {
  const verdict = await guard.checkUrl(url);
  return [verdict.ok ? null : verdict.rule, await ruleAtConnect(guard, url)];
}

async function ruleAtConnect(guard: GuardedConnections, url: string): Promise<string | null> {
  const form = guard.formOf(url);
  if (!form.ok) return form.refusal.rule;
  const admission = await guard.admit(form.receiver.target);
  return admission.kind === "refused" ? admission.refusal.rule : null;
}
