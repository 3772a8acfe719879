// Receivers that cannot be reached, hang, or hang up.
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startDnsServer, type DnsServer } from "../testing/dns-server.ts";
import {
  answerText,
  startReceiver,
  type Exchange,
  type Receiver,
  type ReceiverOptions,
} from "../testing/receiver.ts";
import { createSender, type Sender } from "../testing/sender.ts";

let sender: Sender;
let receiver: Receiver | null = null;
let dns: DnsServer | null = null;

beforeEach(() => {
  sender = createSender();
});
afterEach(async () => {
  sender.close();
  await receiver?.close();
  await dns?.close();
  [receiver, dns] = [null, null];
});

async function receiving(answer: (exchange: Exchange) => void, options?: ReceiverOptions): Promise<Receiver> {
  receiver = await startReceiver(answer, options);
  return receiver;
}

const ok = ({ socket }: Exchange): void => void socket.write(answerText("200 OK"));

describe("no connection", () => {
  it("F82 refused is connect_refused, and says that nothing was sent", async () => {
    const { url, close } = await receiving(ok);
    await close();
    receiver = null;
    const record = await sender.attempt(url);
    expect(record.ended).toEqual({ outcome: "failed", code: "connect_refused", retryAfterMs: null });
    expect(record).toMatchObject({ request: null, response: null, peerAddress: null });
    expect(record.detail).not.toContain("127.0.0.1");
  });

  it("F83 without a route it is unreachable", async () => {
    const strict = createSender({ allowNetworks: "255.255.255.255/32" });
    const record = await strict.attempt("https://255.255.255.255/");
    expect(record.ended.code).toBe("unreachable");
    strict.close();
  });

  it("F84 a connection that is not accepted is connect_timeout after 5 s, and nothing is sent", async () => {
    const { url, requests } = await receiving(ok);
    const attempt = sender.attempt(url);
    // The alarm is set in the tick that starts the connection, so no packet has come back yet.
    await sender.clock.whenSet(5_000);
    sender.clock.advance(5_000);
    const record = await attempt;
    expect(record).toMatchObject({ ended: { code: "connect_timeout" }, durationMs: 5_000, request: null });
    expect(requests).toEqual([]);
  });

  it("F84 the deadline of the attempt holds for connecting, too", async () => {
    const { url } = await receiving(ok);
    const attempt = sender.attempt(url, { timeoutMs: 1_000 });
    await sender.clock.whenSet(5_000);
    sender.clock.advance(1_000);
    expect(await attempt).toMatchObject({ ended: { code: "connect_timeout" }, durationMs: 1_000 });
  });
});

describe("no name", () => {
  const resolving = async (answer: Parameters<typeof startDnsServer>[0]): Promise<Sender> => {
    dns = await startDnsServer(answer);
    return createSender({ dnsServers: [dns.address] });
  };

  it.each([
    ["F85 NXDOMAIN", { rcode: 3 }, "dns_not_found"],
    ["F85 no address of either family", { addresses: [] }, "dns_not_found"],
    ["F86 SERVFAIL", { rcode: 2 }, "dns_failed"],
    ["F86 REFUSED", { rcode: 5 }, "dns_failed"],
  ] as const)("%s is retryable, as %s %s", async (_, reply, code) => {
    const resolver = await resolving(() => reply);
    const record = await resolver.attempt("https://receiver.example/hook");
    expect(record.ended).toEqual({ outcome: "failed", code, retryAfterMs: null });
    expect(record.request).toBeNull();
    resolver.close();
  });

  it("F87 a name server that hangs is dns_timeout when the deadline passes", async () => {
    const asked = Promise.withResolvers<void>();
    const resolver = await resolving(() => {
      asked.resolve();
      return null;
    });
    const attempt = resolver.attempt("https://receiver.example/hook", { timeoutMs: 1_000 });
    await asked.promise;
    resolver.clock.advance(1_000);
    const record = await attempt;
    expect(record).toMatchObject({ ended: { code: "dns_timeout" }, durationMs: 1_000 });
    resolver.close();
  });

  it("F87 a name that is not resolved does not hold up another", async () => {
    const { port } = await receiving(ok);
    const asked = Promise.withResolvers<void>();
    const resolver = await resolving(({ name }) => {
      if (name !== "slow.example") return { addresses: ["127.0.0.1"] };
      asked.resolve();
      return null;
    });
    const slow = Array.from({ length: 20 }, () => resolver.attempt(`http://slow.example:${port}/`));
    await asked.promise;
    expect((await resolver.attempt(`http://receiver.example:${port}/`)).ended.code).toBe("ok");
    resolver.clock.advance(15_000);
    for (const record of await Promise.all(slow)) expect(record.ended.code).toBe("dns_timeout");
    resolver.close();
  });

  it("F87 one address family that never answers does not hold up the other", async () => {
    const { port } = await receiving(ok);
    const asked = Promise.withResolvers<void>();
    const resolver = await resolving(({ type }) => {
      if (type === "A") return { addresses: ["127.0.0.1"] };
      asked.resolve();
      return null;
    });
    const attempt = resolver.attempt(`http://receiver.example:${port}/`);
    await Promise.all([asked.promise, resolver.clock.whenSet(500)]);
    resolver.clock.advance(500);
    expect((await attempt).ended.code).toBe("ok");
    resolver.close();
  });
});

describe("no answer", () => {
  it("F88 a receiver that takes the request and is silent is headers_timeout at the deadline, and its socket destroyed", async () => {
    const arrived = Promise.withResolvers<Socket>();
    const { url } = await receiving(({ socket }) => arrived.resolve(socket));
    const attempt = sender.attempt(url, { timeoutMs: 3_000 });
    const socket = await arrived.promise;
    const hungUp = new Promise((resolve) => socket.once("close", resolve));
    sender.clock.advance(2_999);
    expect(socket.destroyed).toBe(false);
    sender.clock.advance(1);
    const record = await attempt;
    expect(record.ended).toEqual({ outcome: "failed", code: "headers_timeout", retryAfterMs: null });
    expect(record.durationMs).toBe(3_000);
    expect(record.request).not.toBeNull();
    await hungUp;
  });

  it("F88 a header block that drips is over at the same deadline", async () => {
    const arrived = Promise.withResolvers<void>();
    const { url } = await receiving(
      ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nx: 1\r\n", () => arrived.resolve()),
    );
    const attempt = sender.attempt(url);
    await arrived.promise;
    sender.clock.advance(15_000);
    expect((await attempt).ended.code).toBe("headers_timeout");
  });

  it("F108 an answer a moment before the deadline counts; one that comes after it is credited to nobody", async () => {
    const arrivals = [Promise.withResolvers<Socket>(), Promise.withResolvers<Socket>()];
    const { url, connections } = await receiving((exchange) => {
      if (exchange.n > 2) ok(exchange);
      else arrivals[exchange.n - 1]?.resolve(exchange.socket);
    });
    const inTime = sender.attempt(url);
    const first = await arrivals[0]?.promise;
    sender.clock.advance(14_999);
    first?.write(answerText("200 OK"));
    expect((await inTime).ended.outcome).toBe("delivered");
    const tooLate = sender.attempt(url);
    const second = await arrivals[1]?.promise;
    sender.clock.advance(15_000);
    expect((await tooLate).ended.code).toBe("headers_timeout");
    second?.write(answerText("500 Late"));
    // The receiver has it, so it hears of the same event twice, under one webhook-id.
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect(connections()).toBe(2);
    const ids = receiver?.requests.map((request) => /\r\nwebhook-id: (\S+)/.exec(request)?.[1]);
    expect(ids).toEqual(["evt_1", "evt_1", "evt_1"]);
  });

  it.each([
    ["a reset", (socket: Socket) => void socket.resetAndDestroy()],
    ["a close", (socket: Socket) => void socket.end()],
  ])("F92 %s before the headers on a fresh socket is connection_reset, sent once", async (_, hangUp) => {
    const { url, requests } = await receiving(({ socket }) => hangUp(socket));
    const record = await sender.attempt(url);
    expect(record.ended).toEqual({ outcome: "failed", code: "connection_reset", retryAfterMs: null });
    expect(requests.length).toBe(1);
  });

  it("F92 a reset in the middle of the headers is connection_reset", async () => {
    const { url } = await receiving(
      ({ socket }) => void socket.write("HTTP/1.1 200 OK\r\nx:", () => socket.resetAndDestroy()),
    );
    expect((await sender.attempt(url)).ended.code).toBe("connection_reset");
  });
});

describe("a kept socket", () => {
  it("is used again", async () => {
    const { url, connections } = await receiving(ok);
    await sender.attempt(url);
    expect((await sender.attempt(url)).peerAddress).toBe("127.0.0.1");
    expect(connections()).toBe(1);
  });

  it.each([
    ["reset", (socket: Socket) => void socket.resetAndDestroy()],
    ["closed", (socket: Socket) => void socket.end()],
  ])(
    "F93 %s by the receiver before a byte is one immediate resend over a fresh socket, not charged",
    async (_, hangUp) => {
      const { url, connections, requests } = await receiving((exchange) => {
        if (exchange.n === 2) hangUp(exchange.socket);
        else ok(exchange);
      });
      await sender.attempt(url);
      const record = await sender.attempt(url);
      expect(record.ended.code).toBe("ok");
      expect(requests.length).toBe(3);
      expect(requests[2]).toBe(requests[1]);
      expect(connections()).toBe(2);
    },
  );

  it("F93 is not sent a third time", async () => {
    const { url, requests } = await receiving((exchange) => {
      if (exchange.n === 1) ok(exchange);
      else exchange.socket.resetAndDestroy();
    });
    await sender.attempt(url);
    expect((await sender.attempt(url)).ended.code).toBe("connection_reset");
    expect(requests.length).toBe(3);
  });

  it("F93 is not sent again once a part of the answer has come", async () => {
    const { url, requests } = await receiving((exchange) => {
      if (exchange.n === 1) ok(exchange);
      else exchange.socket.write("HTTP/1.1 2", () => exchange.socket.resetAndDestroy());
    });
    await sender.attempt(url);
    expect((await sender.attempt(url)).ended.code).toBe("connection_reset");
    expect(requests.length).toBe(2);
  });

  it("F94 whose peer has vanished runs into the deadline and is destroyed", async () => {
    const second = Promise.withResolvers<void>();
    const { url, connections } = await receiving((exchange) =>
      exchange.n === 2 ? second.resolve() : ok(exchange),
    );
    await sender.attempt(url);
    const attempt = sender.attempt(url);
    await second.promise;
    sender.clock.advance(15_000);
    expect((await attempt).ended.code).toBe("headers_timeout");
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect(connections()).toBe(2);
  });

  it.each([
    ["F94 without a word of the receiver's", []],
    ["F95 when the receiver promises patience", ["keep-alive: timeout=99999", "connection: keep-alive"]],
  ])("%s is used again within 4 s, and not after", async (_, headers) => {
    const { url, connections } = await receiving(
      ({ socket }) => void socket.write(answerText("200 OK", headers)),
    );
    await sender.attempt(url);
    sender.clock.advance(4_000);
    await sender.attempt(url);
    expect(connections()).toBe(1);
    sender.clock.advance(4_001);
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect(connections()).toBe(2);
  });

  it("F96 an answer that nobody asked for is never credited to another delivery", async () => {
    const unasked = answerText("500 Oops", [], "unasked");
    const { url, connections } = await receiving(({ socket, n }) => {
      socket.write(answerText("200 OK", [], `for ${n}`) + (n === 1 ? unasked : ""));
    });
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    const record = await sender.attempt(url);
    expect(record.ended.code).toBe("ok");
    expect(Buffer.from(record.response?.body ?? []).toString()).toBe("for 2");
    expect(connections()).toBe(2);
  });

  it("is not shared with another origin, and is closed with its lane", async () => {
    const { url, port, open } = await receiving(ok);
    await sender.attempt(url);
    await sender.attempt(`http://localhost:${port}/`);
    expect(receiver?.connections()).toBe(2);
    sender.close();
    while (open() > 0) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    expect((await sender.attempt(url)).ended.outcome).toBe("failed");
    expect(receiver?.requests.length).toBe(2);
  });
});

describe("what is ours", () => {
  it("F115 a secret that cannot sign is a sender_fault, never a rejection, and nothing is sent", async () => {
    const { url, connections } = await receiving(ok);
    const record = await sender.attempt(url, { secrets: ["nonsense"] });
    expect(record.ended).toEqual({ outcome: "failed", code: "sender_fault", retryAfterMs: null });
    expect(connections()).toBe(0);
  });

  it("a header that HTTP cannot carry is a sender_fault", async () => {
    const { url } = await receiving(ok);
    expect((await sender.attempt(url, { headers: { "x-a": "b\r\nc: d" } })).ended.code).toBe("sender_fault");
    expect(receiver?.requests).toEqual([]);
  });

  it("a URL that may not be called is blocked_url or blocked_address, and says the rule", async () => {
    const strict = createSender({ allowNetworks: "" });
    expect(await strict.attempt("ftp://receiver.example/")).toMatchObject({ ended: { code: "blocked_url" } });
    const record = await strict.attempt("https://10.0.0.1/?token=CANARY");
    expect(record).toMatchObject({ ended: { code: "blocked_address" }, request: null, peerAddress: null });
    expect(record.detail).toContain("private-address");
    expect(JSON.stringify(record)).not.toContain("CANARY");
    strict.close();
  });
});
