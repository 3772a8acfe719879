import { Resolver } from "node:dns/promises";
import { expect, onTestFinished, test } from "vitest";
import { startDnsServer } from "./dns-server.ts";

test("answers query by query as scripted, with a time to live of 0", async () => {
  const dns = await startDnsServer(({ occurrence }) =>
    occurrence === 1 ? ["93.184.215.14"] : ["127.0.0.1"],
  );
  onTestFinished(() => dns.close());
  const resolver = new Resolver();
  resolver.setServers([dns.address]);

  await expect(resolver.resolve4("rebinds.example.com", { ttl: true })).resolves.toEqual([
    { address: "93.184.215.14", ttl: 0 },
  ]);
  await expect(resolver.resolve4("rebinds.example.com")).resolves.toEqual(["127.0.0.1"]);
  await expect(resolver.resolve6("rebinds.example.com")).rejects.toMatchObject({ code: "ENODATA" });
  expect(dns.queries.map(({ type, occurrence }) => [type, occurrence])).toEqual([
    ["A", 1],
    ["A", 2],
    ["AAAA", 1],
  ]);
});
