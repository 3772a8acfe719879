// DNS rebinding: a name that is public when it is judged and loopback when it is called never gets a connection.
import { expect, it } from "vitest";
import { startDnsServer, type Reply } from "../testing/dns-server.ts";
import { startReceiver } from "../testing/receiver.ts";
import { createSender } from "../testing/sender.ts";

const first: Reply = { addresses: ["93.184.216.34"] };
const then: Reply = { addresses: ["127.0.0.1"] };

it("G10 a name that answers first public, then 127.0.0.1, passes registration and never gets a connection", async () => {
  const receiver = await startReceiver(() => undefined);
  const dns = await startDnsServer(({ type, n }) => (type === "A" && n === 1 ? first : then));
  const sender = createSender({ allowNetworks: "", dnsServers: [dns.address] });
  const url = `https://rebinding.example:${receiver.port}/`;
  expect((await sender.guard.checkUrl(url)).ok).toBe(true);
  const record = await sender.attempt(url);
  expect(record.ended.code).toBe("blocked_address");
  expect(record).toMatchObject({ peerAddress: null, request: null, response: null });
  expect(dns.questions.filter(({ type }) => type === "A").length).toBe(2);
  expect(receiver.connections()).toBe(0);
  sender.close();
  await Promise.all([receiver.close(), dns.close()]);
});

it("G10 the address that was judged is the one that is connected to: nobody asks DNS a second time", async () => {
  const receiver = await startReceiver(() => undefined);
  const dns = await startDnsServer(({ type, n }) =>
    type === "A" && n > 1 ? then : { addresses: ["192.0.2.1"] },
  );
  const sender = createSender({ allowNetworks: "192.0.2.1/32", dnsServers: [dns.address] });
  const attempt = sender.attempt(`https://rebinding.example:${receiver.port}/`, { timeoutMs: 1_000 });
  await sender.clock.whenSet(5_000);
  sender.clock.advance(1_000);
  expect((await attempt).ended.code).toMatch(/^(connect_timeout|unreachable|connect_refused)$/);
  expect(dns.questions.filter(({ type }) => type === "A").length).toBe(1);
  expect(receiver.connections()).toBe(0);
  sender.close();
  await Promise.all([receiver.close(), dns.close()]);
});
