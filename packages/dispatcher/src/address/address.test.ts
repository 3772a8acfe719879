import { describe, expect, it } from "vitest";
import { parseAllowNetworks } from "./allow-networks.ts";
import { formatIp, parseIp } from "./ip-address.ts";
import { isWithin, network, parseNetwork } from "./ip-network.ts";

describe("an address", () => {
  it.each([
    ["1.2.3.4", "1.2.3.4"],
    ["::", "::"],
    ["[::1]", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["1::", "1::"],
  ])("%s is read and spelled as %s", (text, spelled) => {
    const address = parseIp(text);
    expect(address === null ? null : formatIp(address)).toBe(spelled);
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.5",
    "0x1.2.3.4",
    "::1::",
    "1:2:3",
    "1:2:3:4:5:6:7:8:9",
    ":::",
    "::12345",
    "::1.2.3",
    "1.2.3.4::",
    "g::",
    "host",
  ])("%j is none", (text) => {
    expect(parseIp(text)).toBeNull();
  });
});

describe("a network", () => {
  it("holds what shares its prefix, bit by bit", () => {
    const cases: [string, string, boolean][] = [
      ["100.64.0.0/10", "100.127.255.255", true],
      ["100.64.0.0/10", "100.128.0.0", false],
      ["0.0.0.0/0", "8.8.8.8", true],
      ["10.0.0.1/32", "10.0.0.2", false],
      ["2001::/23", "2001:1ff::1", true],
      ["2001::/23", "2001:200::1", false],
      ["::/0", "8.8.8.8", false],
    ];
    for (const [range, text, expected] of cases) {
      const address = parseIp(text);
      expect(address !== null && isWithin(address, network(range)), `${text} in ${range}`).toBe(expected);
    }
  });

  it.each([
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/08",
    "fd00::/129",
    "fe80::1%eth0/64",
    "name/8",
  ])("%j is none", (text) => {
    expect(parseNetwork(text)).toBeNull();
  });
});

describe("the setting of allowed networks", () => {
  it("is read with and without ports, in both families", () => {
    const parsed = parseAllowNetworks("10.20.0.0/16, 10.20.0.1:8443,[fd00::/8]:443, fd00:1::/32 ,[::1],");
    expect(
      "networks" in parsed
        ? parsed.networks.map(({ network: { base, prefixBits }, port }) => [formatIp(base), prefixBits, port])
        : parsed,
    ).toEqual([
      ["10.20.0.0", 16, null],
      ["10.20.0.1", 32, 8_443],
      ["fd00::", 8, 443],
      ["fd00:1::", 32, null],
      ["::1", 128, null],
    ]);
  });

  it("names every part that is wrong", () => {
    const parsed = parseAllowNetworks(
      "10.0.0.0/8, 10.0.0.1/8, internal, 10.0.0.0/8:0, 10.0.0.0/8:99999, [fd00::/8",
    );
    expect("problems" in parsed ? parsed.problems.map((problem) => problem.split('"')[1]) : []).toEqual([
      "10.0.0.1/8",
      "internal",
      "10.0.0.0/8:0",
      "10.0.0.0/8:99999",
      "[fd00::/8",
    ]);
  });

  it("may be empty", () => {
    expect(parseAllowNetworks(" ")).toEqual({ networks: [] });
  });
});
