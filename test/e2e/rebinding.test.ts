import { createServer, type AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { bounded } from "../support/bounded.ts";
import { startDnsServer, type DnsScript, type DnsServer } from "../support/dns-server.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

/** A public address that is never reached: the name leads to loopback when it counts. */
const publicAddress = "93.184.215.14";

interface Trap {
  readonly port: number;
  /** Resolves with the first connection. */
  readonly called: Promise<void>;
  connections(): number;
}

/** Listens on loopback and counts who comes. */
async function listenOnLoopback(): Promise<Trap> {
  let connections = 0;
  const first = Promise.withResolvers<void>();
  const listener = createServer((socket) => {
    connections += 1;
    first.resolve();
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void listener.close());
  const { port } = listener.address() as AddressInfo;
  return { port, called: first.promise, connections: () => connections };
}

async function startWithDns(
  script: DnsScript,
  allowNetworks = "",
): Promise<{ dns: DnsServer; server: ServerInProcess }> {
  const dns = await startDnsServer(script);
  const server = await startInProcess({
    settings: {
      RINGBACK_ALLOW_NETWORKS: allowNetworks,
      RINGBACK_ALLOW_HTTP: "true",
      RINGBACK_DNS_SERVERS: dns.address,
    },
  });
  onTestFinished(() => dns.close());
  onTestFinished(() => server.stop());
  return { dns, server };
}

describe("a name that changes where it leads", () => {
  test("first public, then 127.0.0.1: accepted at registration, and the listener never gets a connection", async () => {
    const trap = await listenOnLoopback();
    const { dns, server } = await startWithDns(({ occurrence }) =>
      occurrence === 1 ? [publicAddress] : ["127.0.0.1"],
    );

    const job = await server.client.submit({
      kind: "e2e.echo",
      input: 1,
      callback: { url: `http://rebinds.example.com:${trap.port}/` },
    });

    await server.client.waitForJob(job.id, ({ callback }) => callback?.deliveries.dead === 1);
    const [delivery] = await server.client.deliveriesOf(job.id);
    const detail = await server.client.delivery(delivery?.id ?? "");
    expect(detail.attempts.map(({ code }) => code)).toEqual(["blocked_address"]);
    expect(JSON.stringify(detail)).not.toContain("127.0.0.1");
    expect(trap.connections()).toBe(0);
    expect(dns.queries.filter(({ type }) => type === "A").length).toBeGreaterThanOrEqual(2);
  });

  test("the same name is called where 127.0.0.0/8 is allowed, so the listener would have noticed", async () => {
    const trap = await listenOnLoopback();
    const { server } = await startWithDns(() => ["127.0.0.1"], "127.0.0.0/8");

    await server.client.submit({
      kind: "e2e.echo",
      input: 1,
      callback: { url: `http://rebinds.example.com:${trap.port}/` },
    });

    await bounded(trap.called, 10_000, () => "connection to the listener");
    expect(trap.connections()).toBeGreaterThan(0);
  });

  test("one private address among public ones refuses the name at registration", async () => {
    const trap = await listenOnLoopback();
    const { server } = await startWithDns(() => [publicAddress, "127.0.0.1"]);

    const answer = await server.client.call("/v1/jobs", {
      method: "POST",
      body: { kind: "e2e.echo", callback: { url: `http://mixed.example.com:${trap.port}/` } },
    });

    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: "callback-url-rejected" });
    expect(answer.text).not.toContain("127.0.0.1");
    expect(trap.connections()).toBe(0);
  });

  test("the http kind is held by the same guard", async () => {
    const trap = await listenOnLoopback();
    const { server } = await startWithDns(() => ["127.0.0.1"]);

    const answer = await server.client.call("/v1/jobs", {
      method: "POST",
      body: { kind: "http", input: { url: `http://loopback.example.com:${trap.port}/` } },
    });

    if (answer.status === 202) {
      const done = await server.client.waitForDone((answer.json as { readonly id: string }).id);
      expect(done).toMatchObject({ status: "failed", error: { code: "blocked_address" } });
    } else {
      expect(answer.status).toBe(422);
    }
    expect(trap.connections()).toBe(0);
  });
});
