// What the settings open, what they never open, and the ports and addresses that depend on them.
import { afterEach, describe, expect, it } from "vitest";
import { startDnsServer, type DnsServer } from "../testing/dns-server.ts";
import { bothLevels, guardWith } from "../testing/guards.ts";
import { allowed } from "../testing/sender.ts";
import type { AddressGuardOptions, GuardedConnections } from "./guard.ts";
import { parseIp } from "./ip-address.ts";
import type { Rule } from "./refusal.ts";

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

describe("ports", () => {
  const rules = (port: number, allow = ""): Promise<(string | null)[]> =>
    bothLevels(guardWith({ allowNetworks: allowed(allow) }), `https://93.184.216.34:${port}/`);

  it.each([
    22, 25, 79, 81, 444, 1_023, 2_049, 2_375, 2_379, 3_306, 5_060, 5_432, 6_000, 6_379, 6_667, 9_200, 10_250,
    11_211, 27_017,
  ])("%i is refused", async (port) => {
    expect(await rules(port)).toEqual(["port", "port"]);
  });

  it.each([80, 443, 1_024, 3_000, 8_080, 8_443, 65_535])("%i is fine", async (port) => {
    expect(await rules(port)).toEqual([null, null]);
  });

  it("an allowed network lifts the rule, on the port it names or on all", async () => {
    expect(await rules(5_432, "93.184.216.0/24")).toEqual([null, null]);
    expect(await rules(5_432, "93.184.216.0/24:5432")).toEqual([null, null]);
    expect(await rules(5_433, "93.184.216.0/24:5434")).toEqual([null, null]);
    expect(await rules(6_379, "93.184.216.0/24:5432")).toEqual(["port", "port"]);
  });
});

describe("allowed networks", () => {
  const rule = async (url: string, addresses: readonly string[], allow: string): Promise<(string | null)[]> =>
    bothLevels(await resolvingTo(addresses, { allowNetworks: allowed(allow) }), url);
  const refusedAs = (name: Rule): Rule[] => [name, name];

  it("let private receivers be called by address and by name, over http too", async () => {
    expect(await rule("http://10.1.2.3:9000/", [], "10.0.0.0/8")).toEqual([null, null]);
    expect(await rule("http://[fd00::5]/", [], "[fd00::/8]:80")).toEqual([null, null]);
    expect(await rule("http://billing.internal/", ["10.1.2.3"], "10.0.0.0/8")).toEqual([null, null]);
    expect(await rule("http://billing/", ["10.1.2.3"], "10.0.0.0/8")).toEqual([null, null]);
    expect(await rule("https://billing.example/", ["10.1.2.3", "93.184.216.34"], "10.0.0.0/8")).toEqual([
      null,
      null,
    ]);
  });

  it("let nothing else be called", async () => {
    expect(await rule("http://10.1.2.3:9000/", [], "10.0.0.0/8:8000")).toEqual(refusedAs("scheme"));
    expect(await rule("https://10.1.2.3:9000/", [], "10.0.0.0/8:8000")).toEqual(refusedAs("private-address"));
    expect(await rule("https://11.1.2.3/", [], "10.0.0.0/8")).toEqual([null, null]);
    expect(await rule("http://billing.internal/", ["10.1.2.3", "192.168.0.1"], "10.0.0.0/8")).toEqual(
      refusedAs("private-name"),
    );
    expect(await rule("http://receiver.example/", ["93.184.216.34"], "10.0.0.0/8")).toEqual(
      refusedAs("scheme"),
    );
  });

  it("a mapped address counts as the IPv4 address it is", async () => {
    expect(await rule("http://[::ffff:10.1.2.3]/", [], "10.0.0.0/8")).toEqual([null, null]);
  });

  it("localhost is never asked of DNS: it is those loopback addresses that are allowed", async () => {
    const guard = await resolvingTo(["93.184.216.34"], { allowNetworks: allowed("127.0.0.0/8") });
    expect(await bothLevels(guard, "http://localhost:3000/")).toEqual([null, null]);
    const form = guard.formOf("http://localhost:3000/");
    const admission = form.ok ? await guard.admit(form.receiver.target) : null;
    expect(admission).toEqual({ kind: "admitted", addresses: [parseIp("127.0.0.1")] });
    expect(dns?.questions).toEqual([]);
  });

  it("plain http for everybody is a setting of its own, and opens nothing private", async () => {
    const guard = await resolvingTo(["93.184.216.34"], { allowHttp: true });
    expect(await bothLevels(guard, "http://receiver.example/")).toEqual([null, null]);
    expect(await bothLevels(guard, "http://127.0.0.1/")).toEqual(refusedAs("private-address"));
  });
});

describe("own addresses", () => {
  const own = [
    { address: "127.0.0.1", port: 8_080 },
    { host: "Ringback.example", port: 443 },
  ];

  it.each([
    ["http://127.0.0.1:8080/v1/jobs", "own-address"],
    ["http://localhost:8080/v1/jobs", "own-address"],
    ["http://[::ffff:127.0.0.1]:8080/", "own-address"],
    ["https://ringback.example/v1/jobs", "own-address"],
    ["http://127.0.0.1:8081/", null],
  ])("%s is %s", async (url, rule) => {
    const guard = await resolvingTo(["127.0.0.1"], {
      allowNetworks: allowed("127.0.0.0/8"),
      ownAddresses: () => own,
    });
    expect(await bothLevels(guard, url)).toEqual([rule, rule]);
  });

  it("a listener on all addresses is meant by each of the machine's", async () => {
    const guard = guardWith({
      allowNetworks: allowed("127.0.0.0/8"),
      ownAddresses: () => [{ address: "0.0.0.0", port: 8_080 }],
    });
    expect(await bothLevels(guard, "http://127.0.0.7:8080/")).toEqual(["own-address", "own-address"]);
    expect(await bothLevels(guard, "http://127.0.0.7:8081/")).toEqual([null, null]);
  });
});
