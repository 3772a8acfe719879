// Everything that must be refused, at registration and at connect, and what must not be.
import { afterEach, describe, expect, it } from "vitest";
import { startDnsServer, type DnsServer } from "../testing/dns-server.ts";
import { bothLevels, guardWith, nameTarget } from "../testing/guards.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { allowed } from "../testing/sender.ts";
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

const metadata = [
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "fd00:ec2::254",
  "::ffff:169.254.169.254",
  "::169.254.169.254",
  "::ffff:0:169.254.169.254",
  "64:ff9b::169.254.169.254",
  "64:ff9b:1::169.254.169.254",
  "64:ff9b:1::1",
  "64:ff9b:1:a9fe:a9:fe00::",
  "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
  "fd20:ce::254",
  "2002:a9fe:a9fe::1",
  "2001:0:a9fe:a9fe::1",
  "2001:0:808:808::5601:5601",
];

const special = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "100.127.255.255",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.1",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.0.1",
  "192.168.255.255",
  "198.18.0.1",
  "198.19.255.255",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::8.8.8.8",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:8.8.8.8",
  "::ffff:0:8.8.8.8",
  "64:ff9b::8.8.8.8",
  "64:ff9b::10.0.0.1",
  "64:ff9b:2::1",
  "100::1",
  "2001::1",
  "2001:2::1",
  "2001:10::1",
  "2001:db8::1",
  "2002:808:808::1",
  "2002:a00:1::1",
  "3fff::1",
  "4000::1",
  "5f00::1",
  "fc00::1",
  "fd00::1",
  "fe80::1",
  "febf::1",
  "fec0::1",
  "ff02::1",
  "ff0e::1",
];

const publicAddresses = [
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.1",
  "93.184.216.34",
  "100.63.255.255",
  "100.128.0.1",
  "126.255.255.255",
  "128.0.0.1",
  "168.63.129.15",
  "172.15.255.255",
  "172.32.0.1",
  "192.0.1.1",
  "192.167.255.255",
  "198.17.255.255",
  "198.20.0.1",
  "223.255.255.255",
  "2001:200::1",
  "2001:4860:4860::8888",
  "2606:4700::1111",
  "2a00:1450::1",
  "3ffe::1",
];

const literal = (address: string): string => (address.includes(":") ? `[${address}]` : address);

describe.each([
  ["metadata-address", metadata],
  ["private-address", special],
  [null, publicAddresses],
] as const)("rule %s", (rule, addresses) => {
  it.each(addresses)("F20 %s as the URL's host, at registration and at connect", async (address) => {
    expect(await bothLevels(guardWith(), `https://${literal(address)}/hook`)).toEqual([rule, rule]);
  });

  it.each(addresses)("F20 %s as a name's address, at registration and at connect", async (address) => {
    const guard = await resolvingTo([address]);
    expect(await bothLevels(guard, "https://receiver.example/hook")).toEqual([rule, rule]);
  });

  it.each(addresses)("F20 %s behind a good address of the same name", async (address) => {
    const guard = await resolvingTo(["93.184.216.34", "2606:4700::1111", address]);
    expect(await bothLevels(guard, "https://receiver.example/hook")).toEqual([rule, rule]);
  });
});

describe("metadata addresses", () => {
  it.each(metadata)("%s stays refused whatever is allowed", async (address) => {
    const guard = guardWith({ allowNetworks: allowed("0.0.0.0/0, ::/0"), allowHttp: true });
    expect(await bothLevels(guard, `http://${literal(address)}/latest`)).toEqual([
      "metadata-address",
      "metadata-address",
    ]);
  });

  it("stay refused by name, too", async () => {
    const guard = guardWith({ allowNetworks: allowed("0.0.0.0/0, ::/0") });
    const rules = await bothLevels(guard, "http://metadata.google.internal/computeMetadata/v1/");
    expect(rules).toEqual(["metadata-address", "metadata-address"]);
  });
});

describe("number forms", () => {
  it.each([
    ["https://2130706433/", "private-address"],
    ["https://0x7f.1/", "private-address"],
    ["https://0x7f000001/", "private-address"],
    ["https://017700000001/", "private-address"],
    ["https://0177.0.0.1/", "private-address"],
    ["https://127.1/", "private-address"],
    ["https://0/", "private-address"],
    ["https://127.0.0.1./", "private-address"],
    ["https://0xa9fea9fe/", "metadata-address"],
    ["https://2852039166/", "metadata-address"],
    ["https://①②⑦.⓪.⓪.①/", "url-characters"],
    ["https://１２７.0.0.1/", "url-characters"],
    ["https://127。0。0。1/", "url-characters"],
    ["https://127.0.0.256/", "url-invalid"],
    ["https://[::1%25lo]/", "url-invalid"],
    ["https://[0:0:0:0:0:0:0:1]/", "private-address"],
    ["https://[::ffff:7f00:1]/", "private-address"],
  ] as const)("%s is %s", async (url, rule) => {
    expect(await bothLevels(guardWith(), url)).toEqual([rule, rule]);
  });
});

describe("names", () => {
  it.each([
    ["localhost", "private-name"],
    ["LOCALHOST", "private-name"],
    ["localhost.", "host-form"],
    ["localhost..", "host-form"],
    ["a.localhost", "private-name"],
    ["printer.local", "private-name"],
    ["billing.internal", "private-name"],
    ["router.home.arpa", "private-name"],
    ["api.default.svc.cluster.local", "private-name"],
    ["api.default.svc", "private-name"],
    ["intranet", "private-name"],
    ["receiver.example.", "host-form"],
    ["hidden.onion", "private-name"],
    ["a..example", "host-form"],
    ["-a.example", "host-form"],
    ["a_b-.example", "host-form"],
    [`${"a".repeat(64)}.example`, "host-form"],
    [`${"a.".repeat(126)}example`, "host-form"],
  ] as const)("%s is %s, without asking DNS", async (name, rule) => {
    const guard = await resolvingTo(["93.184.216.34"]);
    expect(await bothLevels(guard, `https://${name}/`)).toEqual([rule, rule]);
    expect(dns?.questions).toEqual([]);
  });

  it("a private name that leads to a public address stays refused", async () => {
    const guard = await resolvingTo(["93.184.216.34"], { allowNetworks: allowed("10.0.0.0/8") });
    expect(await bothLevels(guard, "https://billing.internal/")).toEqual(["private-name", "private-name"]);
  });

  it("one that cannot be resolved is let through at registration and judged at connect", async () => {
    dns = await startDnsServer(() => ({ rcode: 3 }));
    const guard = guardWith({ dnsServers: [dns.address] });
    expect((await guard.checkUrl("https://soon.example/")).ok).toBe(true);
    expect(await guard.admit(nameTarget("soon.example"))).toEqual({
      kind: "unresolved",
      failure: "dns_not_found",
    });
  });

  it("a slow name server holds a registration up for one second", async () => {
    const asked = Promise.withResolvers<void>();
    dns = await startDnsServer(() => {
      asked.resolve();
      return null;
    });
    const clock = new ManualClock();
    const verdict = guardWith({ dnsServers: [dns.address], clock }).checkUrl("https://slow.example/");
    await asked.promise;
    clock.advance(1_000);
    expect((await verdict).ok).toBe(true);
  });

  it("is remembered for registrations: 30 s when it resolved, 10 s when it did not; never for connects", async () => {
    let addresses = ["93.184.216.34"];
    dns = await startDnsServer(() => ({ addresses }));
    const clock = new ManualClock();
    const guard = guardWith({ dnsServers: [dns.address], clock });
    const isAccepted = async (): Promise<boolean> => (await guard.checkUrl("https://a.example/")).ok;
    expect(await isAccepted()).toBe(true);
    addresses = ["10.0.0.1"];
    clock.advance(29_999);
    expect(await isAccepted()).toBe(true);
    expect((await guard.admit(nameTarget("a.example"))).kind).toBe("refused");
    clock.advance(1);
    expect(await isAccepted()).toBe(false);
  });
});
