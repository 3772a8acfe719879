// How a URL must be written, and what is called when it is.
import { afterEach, describe, expect, it } from "vitest";
import { startDnsServer, type DnsServer } from "../testing/dns-server.ts";
import { bothLevels, guardWith } from "../testing/guards.ts";
import type { AddressGuardOptions, GuardedConnections } from "./guard.ts";

let dns: DnsServer | null = null;

afterEach(async () => {
  await dns?.close();
  dns = null;
});

/** A guard whose every name resolves to these addresses. */
async function resolvingTo(
  addresses: readonly string[],
  options: Partial<AddressGuardOptions> = {},
): Promise<GuardedConnections> {
  dns = await startDnsServer(() => ({ addresses }));
  return guardWith({ dnsServers: [dns.address], ...options });
}

describe("the form of a URL", () => {
  it.each([
    ["not a url", "url-invalid"],
    ["", "url-invalid"],
    ["/hook", "url-invalid"],
    ["//receiver.example/hook", "url-invalid"],
    ["https:receiver.example", "url-invalid"],
    ["https:/receiver.example", "url-invalid"],
    ["https:////receiver.example", "url-invalid"],
    ["https:\\\\receiver.example", "url-characters"],
    ["ftp://receiver.example", "scheme"],
    ["file:///etc/passwd", "scheme"],
    ["unix:/var/run/docker.sock", "scheme"],
    ["http+unix://%2Fvar%2Frun%2Fdocker.sock/", "scheme"],
    ["javascript:alert(1)", "scheme"],
    ["http://receiver.example/", "scheme"],
    ["https://user@receiver.example/", "url-userinfo"],
    ["https://user:secret@receiver.example/", "url-userinfo"],
    ["https://@receiver.example/", "url-userinfo"],
    ["http://127.0.0.1%2f@receiver.example/", "url-userinfo"],
    ["https://receiver.example/#part", "url-fragment"],
    ["https://receiver.example/#", "url-fragment"],
    ["https://ex\tample.com/", "url-characters"],
    ["https://receiver.example/a\r\nb", "url-characters"],
    [" https://receiver.example/", "url-characters"],
    ["https://receiver.example/ ", "url-characters"],
    ["https://receiver.example/a b", "url-characters"],
    ["https://receiver\u00ad.example/", "url-characters"],
    ["https://bücher.example/", "url-characters"],
    ["https://receiver.example\\@evil.example/", "url-characters"],
    ["https://example%2Ecom/", "url-characters"],
    [`https://receiver.example/${"a".repeat(2_048)}`, "url-length"],
  ] as const)("%j is %s", async (url, rule) => {
    expect(await bothLevels(guardWith(), url)).toEqual([rule, rule]);
  });

  it.each([
    ["HTTPS://Receiver.Example", "https://receiver.example/", "https://receiver.example", "receiver.example"],
    [
      "https://receiver.example:8443/a?b=c%20d",
      "https://receiver.example:8443/a?b=c%20d",
      "https://receiver.example:8443",
      "receiver.example:8443",
    ],
    [
      "https://xn--bcher-kva.example:443/",
      "https://xn--bcher-kva.example/",
      "https://xn--bcher-kva.example",
      "xn--bcher-kva.example",
    ],
    [
      "https://[2606:4700:0::1111]/",
      "https://[2606:4700::1111]/",
      "https://[2606:4700::1111]",
      "[2606:4700::1111]",
    ],
  ])("%s is called as %s", async (text, url, origin, host) => {
    const guard = await resolvingTo(["93.184.216.34"]);
    expect(await guard.checkUrl(text)).toEqual({ ok: true, url, origin, host });
  });

  it("every refusal has a sentence that never names the address", async () => {
    const guard = await resolvingTo(["10.1.2.3"]);
    const verdict = await guard.checkUrl("https://receiver.example/");
    expect(verdict).toMatchObject({ ok: false, rule: "private-address" });
    expect(verdict.ok ? "" : verdict.detail).toMatch(/RINGBACK_ALLOW_NETWORKS\.$/);
    expect(JSON.stringify(verdict)).not.toContain("10.1.2.3");
  });
});
