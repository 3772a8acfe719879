// TLS as receivers get it wrong, and what is said about each.
import tls from "node:tls";
import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeAuthority, makeCertificate } from "../testing/certificate.ts";
import { answerText, startReceiver, type Receiver, type ReceiverOptions } from "../testing/receiver.ts";
import { createSender, type Sender } from "../testing/sender.ts";

const authority = makeAuthority("Ringback Test Authority");
const trustedBefore = tls.getCACertificates("default");
const good = makeCertificate(authority, { host: "localhost" });

let sender: Sender;
let receiver: Receiver | null = null;

beforeAll(() => tls.setDefaultCACertificates([...trustedBefore, authority.cert]));
afterAll(() => tls.setDefaultCACertificates(trustedBefore));
beforeEach(() => {
  sender = createSender();
});
afterEach(async () => {
  sender.close();
  await receiver?.close();
});

async function receiving(options: ReceiverOptions): Promise<Receiver> {
  receiver = await startReceiver(({ socket }) => void socket.write(answerText("200 OK")), {
    host: "localhost",
    ...options,
  });
  return receiver;
}

it("a receiver with a trusted certificate for its name is called, and its socket kept", async () => {
  const { url, connections } = await receiving({ tls: good });
  expect((await sender.attempt(url)).ended.code).toBe("ok");
  const record = await sender.attempt(url);
  expect(record).toMatchObject({ ended: { outcome: "delivered" }, peerAddress: "127.0.0.1" });
  expect(connections()).toBe(1);
});

describe("F105 a certificate or handshake that does not hold", () => {
  const expired = makeCertificate(authority, {
    host: "localhost",
    notAfter: new Date("2021-01-01T00:00:00Z"),
  });
  const early = makeCertificate(authority, {
    host: "localhost",
    notBefore: new Date("2048-01-01T00:00:00Z"),
  });
  const stranger = makeCertificate(makeAuthority("Nobody Knows"), { host: "localhost" });

  it.each([
    ["F105 expired", "tls_expired", { ...expired }],
    ["F105 not yet valid", "tls_expired", { ...early }],
    ["F105 for another host", "tls_hostname", { ...makeCertificate(authority, { host: "other.example" }) }],
    ["F105 self-signed", "tls_untrusted", { ...makeCertificate(null, { host: "localhost" }) }],
    ["F105 of an unknown authority", "tls_untrusted", { ...stranger }],
    [
      "F105 TLS 1.1 at most",
      "tls_wrong_version",
      { ...good, maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" },
    ],
    [
      "F105 client certificate demanded",
      "tls_failed",
      { ...good, requestCert: true, rejectUnauthorized: true },
    ],
  ] as const)("%s is %s", async (_, code, options) => {
    const { url, requests } = await receiving({ tls: options });
    const record = await sender.attempt(url);
    expect(record.ended).toEqual({ outcome: "failed", code, retryAfterMs: null });
    expect(record.detail).toMatch(/^\S.*\.$/);
    expect(requests).toEqual([]);
  });

  it("F105 a reset within the handshake is tls_failed", async () => {
    const { port } = await receiving({
      onConnection: (socket) => socket.once("data", () => socket.resetAndDestroy()),
    });
    expect((await sender.attempt(`https://localhost:${port}/`)).ended.code).toBe("tls_failed");
  });

  it("F105 a handshake that hangs is tls_failed after 5 s", async () => {
    const helloArrived = Promise.withResolvers<Socket>();
    const { port } = await receiving({
      onConnection: (socket) => socket.once("data", () => helloArrived.resolve(socket)),
    });
    const attempt = sender.attempt(`https://localhost:${port}/`);
    await helloArrived.promise;
    sender.clock.advance(5_000);
    const record = await attempt;
    expect(record).toMatchObject({ ended: { code: "tls_failed" }, durationMs: 5_000, request: null });
  });
});

it("F106 plain HTTP where the URL says https is tls_wrong_version", async () => {
  const { port } = await receiving({
    onConnection: (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
  });
  const record = await sender.attempt(`https://localhost:${port}/`);
  expect(record.ended.code).toBe("tls_wrong_version");
  expect(record.detail).toContain("https");
});

it("F106 TLS where the URL says http is tls_wrong_version, or connection_reset when it says nothing", async () => {
  const alert = "\u0015\u0003\u0001\u0000\u0002\u0002\u0046";
  const telling = await receiving({
    onConnection: (socket) => socket.once("data", () => void socket.end(alert, "latin1")),
  });
  const record = await sender.attempt(`http://localhost:${telling.port}/`);
  expect(record.ended).toEqual({ outcome: "failed", code: "tls_wrong_version", retryAfterMs: null });
  expect(record.detail).toContain("says http,");
  await telling.close();
  const { port, requests } = await receiving({ tls: good });
  expect((await sender.attempt(`http://localhost:${port}/`)).ended.code).toBe("connection_reset");
  expect(requests).toEqual([]);
});

it("F105 a receiver that has no certificate without a server name is called by its name", async () => {
  const { port } = await receiving({
    tls: { SNICallback: (_name, answer) => answer(null, tls.createSecureContext(good)) },
  });
  expect((await sender.attempt(`https://localhost:${port}/`)).ended.code).toBe("ok");
  expect((await sender.attempt(`https://127.0.0.1:${port}/`)).ended.code).toBe("tls_failed");
});

it("F105 a certificate of an authority that was added to this process is trusted, and none is once it is taken away", async () => {
  const own = makeAuthority("A Company's Own");
  const { url } = await receiving({ tls: makeCertificate(own, { host: "localhost" }) });
  expect((await sender.attempt(url)).ended.code).toBe("tls_untrusted");
  tls.setDefaultCACertificates([...trustedBefore, authority.cert, own.cert]);
  expect((await sender.attempt(url)).ended.code).toBe("ok");
  tls.setDefaultCACertificates([...trustedBefore, authority.cert]);
});

it("F107 ALPN offers http/1.1 and nothing else", async () => {
  const offered: string[][] = [];
  const { url } = await receiving({
    tls: {
      ...good,
      ALPNCallback: ({ protocols }) => {
        offered.push(protocols);
        return "http/1.1";
      },
    },
  });
  expect((await sender.attempt(url)).ended.code).toBe("ok");
  expect(offered).toEqual([["http/1.1"]]);
});

it("F105 the server name is sent for names; an IP address is matched against the certificate without one", async () => {
  const names: string[] = [];
  const { port } = await receiving({
    tls: {
      ...good,
      SNICallback: (name, answer) => {
        names.push(name);
        answer(null);
      },
    },
  });
  expect((await sender.attempt(`https://localhost:${port}/`)).ended.code).toBe("ok");
  expect((await sender.attempt(`https://127.0.0.1:${port}/`)).ended.code).toBe("tls_hostname");
  expect(names).toEqual(["localhost"]);
});
