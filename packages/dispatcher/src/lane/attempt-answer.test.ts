// What a receiver answers, and what becomes of it.
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verify } from "@ringback/signature";
import { testSecret } from "../testing/fake-lane-store.ts";
import { answerText, startReceiver, type Exchange, type Receiver } from "../testing/receiver.ts";
import { createSender, type Sender } from "../testing/sender.ts";

let sender: Sender;
let receiver: Receiver | null = null;

beforeEach(() => {
  sender = createSender();
});

afterEach(async () => {
  sender.close();
  await receiver?.close();
});

async function receiving(answer: (exchange: Exchange) => void): Promise<string> {
  receiver = await startReceiver(answer);
  return receiver.url;
}

const write =
  (text: string) =>
  ({ socket }: Exchange): void =>
    void socket.write(text, "latin1");

describe("a delivered webhook", () => {
  it("carries the standard headers, verifies over its exact bytes, and is recorded with the answer", async () => {
    const url = await receiving(
      write(answerText("200 OK", ["x-trace: 7", "content-type: text/plain"], "thanks")),
    );
    const body = '{"name":"Zoë 🚀"}';
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const record = await sender.attempt(`${url}?token=secret`, { body, attempt: 3, traceparent });
    expect(record).toMatchObject({
      deliveryId: "dlv_1",
      n: 3,
      url,
      detail: null,
      peerAddress: "127.0.0.1",
      ended: { outcome: "delivered", code: "ok", retryAfterMs: null },
      request: { bodyBytes: Buffer.byteLength(body) },
      response: { status: 200, headers: { "x-trace": "7" }, truncated: false },
    });
    expect(Buffer.from(record.response?.body ?? []).toString()).toBe("thanks");
    const [head = "", sent = ""] = receiver?.requests[0]?.split("\r\n\r\n") ?? [];
    const headers = Object.fromEntries(
      head.split("\r\n").map((line) => line.split(": ") as [string, string]),
    );
    expect(head).toMatch(/^POST \/hook\?token=secret HTTP\/1\.1\r\n/);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "Ringback/test",
      "webhook-id": "evt_1",
      "webhook-attempt": "3",
      "accept-encoding": "identity",
      traceparent,
    });
    const bytes = Buffer.from(sent, "latin1");
    expect(verify({ headers, body: bytes, secrets: [testSecret], now: sender.clock.now() }).ok).toBe(true);
  });

  it("sends custom headers, never instead of its own, and keeps their names alone", async () => {
    const url = await receiving(write(answerText("200 OK", ["set-cookie: session=1", "x-auth-token: t"])));
    const headers = {
      Authorization: "Bearer CANARY",
      "X-Team": "CANARY-blue",
      "Webhook-Id": "evil",
      Host: "evil",
      TE: "x",
    };
    const record = await sender.attempt(url, { headers });
    const request = receiver?.requests[0] ?? "";
    expect(request).toContain("authorization: Bearer CANARY\r\n");
    expect(request).toContain("x-team: CANARY-blue\r\n");
    expect(request).not.toContain("evil");
    expect(record.request?.headers).toMatchObject({
      authorization: "[redacted]",
      "x-team": "[redacted]",
      "webhook-id": "evt_1",
      "content-type": "application/json",
    });
    expect(record.response?.headers).toMatchObject({
      "set-cookie": "[redacted]",
      "x-auth-token": "[redacted]",
    });
    expect(JSON.stringify(record)).not.toContain("CANARY");
  });

  it("F114 signs with every active secret", async () => {
    const url = await receiving(write(answerText("200 OK")));
    const older = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
    const record = await sender.attempt(url, { secrets: [testSecret, older] });
    expect(record.request?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
  });

  it.each(["204 No Content", "205 Reset Content", "202 Accepted"])("F104 %s delivers", async (status) => {
    const url = await receiving(write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`));
    expect((await sender.attempt(url)).ended.code).toBe("ok");
  });

  it("F104 204 with a body delivers, and its socket is not used again", async () => {
    const url = await receiving(write("HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello"));
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect(receiver?.connections()).toBe(2);
  });

  it("F98 is never inflated: the bytes are kept as they came", async () => {
    const url = await receiving(
      write(answerText("200 OK", ["content-encoding: gzip, gzip, gzip"], "\u001f\u008bbomb")),
    );
    const record = await sender.attempt(url);
    expect(record.ended.code).toBe("ok");
    expect(Buffer.from(record.response?.body ?? []).toString("latin1")).toBe("\u001f\u008bbomb");
  });

  it("F98 a gzip bomb under a thousand encodings costs what its first bytes cost", async () => {
    const bomb = gzipSync(gzipSync(Buffer.alloc(10 * 1_048_576)));
    const encodings = `content-encoding: ${Array<string>(1_000).fill("gzip").join(",")}`;
    const url = await receiving(write(answerText("200 OK", [encodings], bomb.toString("latin1"))));
    const { ended, response } = await sender.attempt(url);
    expect(ended.code).toBe("ok");
    expect(response?.body.length).toBe(Math.min(bomb.length, 16_384));
    expect(bomb.subarray(0, 16_384).equals(response?.body ?? new Uint8Array())).toBe(true);
  });
});

describe("a body that does not end well", () => {
  it("F97 ten gigabytes are stopped at 64 KiB; the status decides, 16 KiB are kept and the socket is destroyed", async () => {
    const chunk = Buffer.alloc(65_536, "x");
    const hungUp = Promise.withResolvers<void>();
    const url = await receiving(({ socket }) => {
      socket.once("close", () => hungUp.resolve());
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on("drain", pour);
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n");
      pour();
    });
    const record = await sender.attempt(url);
    expect(record.ended).toMatchObject({ outcome: "delivered", code: "ok" });
    expect(record.response).toMatchObject({ truncated: true });
    expect(record.response?.body.length).toBe(16_384);
    await hungUp.promise;
  });

  const neverEnding = [
    ["200 OK", "delivered", "truncated_response"],
    ["500 Oops", "failed", "http_5xx"],
  ] as const;

  it.each(neverEnding)(
    "F89 %s and then silence: %s as %s once the 5 s of grace are over",
    async (status, outcome, code) => {
      const hungUp = Promise.withResolvers<void>();
      const url = await receiving(({ socket }) => {
        socket.once("close", () => hungUp.resolve());
        socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 1000\r\n\r\n`);
      });
      const attempt = sender.attempt(url);
      await headersArrived(sender);
      sender.clock.advance(5_000);
      const record = await attempt;
      expect(record.ended).toMatchObject({ outcome, code });
      expect(record.durationMs).toBe(5_000);
      expect(record.response).toMatchObject({ truncated: true, body: new Uint8Array() });
      await hungUp.promise;
    },
  );

  it.each(neverEnding)(
    "F90 %s and then a byte a second for ever: %s as %s, and no byte buys it a moment",
    async (status, outcome, code) => {
      const hungUp = Promise.withResolvers<void>();
      let drip = (): void => {};
      const url = await receiving(({ socket }) => {
        socket.once("close", () => hungUp.resolve());
        drip = () => void socket.write("x");
        socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 1000\r\n\r\n`);
      });
      const attempt = sender.attempt(url);
      await headersArrived(sender);
      for (let second = 1; second <= 5; second += 1) {
        drip();
        sender.clock.advance(1_000);
      }
      const record = await attempt;
      expect(record.ended).toMatchObject({ outcome, code });
      expect(record.durationMs).toBe(5_000);
      await hungUp.promise;
    },
  );

  it("F91 200 and then a reset within the body is delivered, flagged as truncated_response", async () => {
    const url = await receiving(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", () => socket.resetAndDestroy());
    });
    const record = await sender.attempt(url);
    expect(record.ended).toMatchObject({ outcome: "delivered", code: "truncated_response" });
    expect(record.detail).toContain("counts");
  });

  it.each([
    ["a shorter body than its Content-Length", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"],
    ["a bad chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
  ])(
    "F103 200 with %s is delivered, flagged as truncated_response; another status stays what it is",
    async (_, text) => {
      let answer = text;
      const url = await receiving(({ socket }) => void socket.end(answer));
      expect((await sender.attempt(url)).ended.code).toBe("truncated_response");
      answer = text.replace("200 OK", "500 Oops");
      const record = await sender.attempt(url);
      expect(record.ended).toMatchObject({ outcome: "failed", code: "http_5xx" });
      expect(receiver?.connections()).toBe(2);
    },
  );

  it("F103 more body than its Content-Length is delivered; the rest is credited to nobody", async () => {
    const extra =
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 500 Smuggled\r\ncontent-length: 0\r\n\r\n";
    const url = await receiving(write(extra));
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect((await sender.attempt(url)).ended.code).toBe("ok");
    expect(receiver?.connections()).toBe(2);
  });
});

describe("an answer that is none", () => {
  it.each([
    ["F102 a malformed status line", "HTP/1.1 200 OK\r\n\r\n"],
    ["F102 something else entirely", "220 smtp.example ESMTP\r\n"],
    ["F102 a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    ["F102 a version that there is not", "HTTP/9.9 200 OK\r\n\r\n"],
    ["F102 a status of letters", "HTTP/1.1 abc OK\r\n\r\n"],
    ["F102 a CR within a header", "HTTP/1.1 200 OK\r\na: b\rc\r\n\r\n"],
    ["F107 HTTP/2 without being asked", "\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000"],
    ["F102 a NUL in a header", "HTTP/1.1 200 OK\r\na: b\u0000c\r\n\r\n"],
    ["F102 one header of a megabyte", `HTTP/1.1 200 OK\r\na: ${"x".repeat(1_048_576)}\r\n\r\n`],
    ["F102 ten thousand headers", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(10_000)}\r\n`],
    [
      "F103 both Transfer-Encoding and Content-Length",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    [
      "F100 100-continue that nobody asked for",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    ],
    ["F100 a storm of 103", "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(1_000)],
  ])("%s is invalid_response", async (_, text) => {
    const url = await receiving(write(text));
    const record = await sender.attempt(url);
    expect(record.ended).toEqual({ outcome: "failed", code: "invalid_response", retryAfterMs: null });
    expect(record.response).toBeNull();
    expect(record.request).not.toBeNull();
  });

  it("F100 a few 103 before the answer do no harm", async () => {
    const url = await receiving(
      write(`${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3)}${answerText("200 OK")}`),
    );
    expect((await sender.attempt(url)).ended.code).toBe("ok");
  });

  it("F101 switching protocols is a failure, and the socket is destroyed", async () => {
    const hungUp = Promise.withResolvers<void>();
    const url = await receiving(({ socket }) => {
      socket.once("close", () => hungUp.resolve());
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    });
    const record = await sender.attempt(url);
    expect(record.ended).toMatchObject({ outcome: "failed", code: "unexpected_status" });
    expect(record.response?.status).toBe(101);
    await hungUp.promise;
  });
});

describe("a status that is no success", () => {
  it.each([
    ["F104 304 Not Modified", "unexpected_status"],
    ["F110 400 Bad Request", "http_4xx"],
    ["F110 401 Unauthorized", "http_4xx"],
    ["F110 403 Forbidden", "http_4xx"],
    ["F110 404 Not Found", "http_4xx"],
    ["F110 410 Gone", "gone"],
    ["F110 429 Too Many", "throttled"],
    ["F110 500 Oops", "http_5xx"],
    ["F110 502 Bad Gateway", "http_5xx"],
    ["F110 503 Later", "throttled"],
    ["F110 504 Gateway Timeout", "http_5xx"],
  ])("%s is %s", async (name, code) => {
    const url = await receiving(write(answerText(name.slice(name.indexOf(" ") + 1))));
    const record = await sender.attempt(url);
    expect(record.ended).toMatchObject({ outcome: "failed", code });
    expect(record.detail).toContain(name.split(" ")[1]);
  });

  it.each([301, 302, 303, 307, 308])("F99 %i is never followed, wherever it leads", async (status) => {
    const url = await receiving(
      write(answerText(`${status} Moved`, ["location: http://169.254.169.254/latest"])),
    );
    const record = await sender.attempt(url);
    expect(record.ended.code).toBe("redirect_not_followed");
    expect(record.detail).toContain("http://169.254.169.254/latest");
    expect(receiver?.requests.length).toBe(1);
  });

  it("F99 a redirect to itself is one request", async () => {
    const url = await receiving(
      ({ socket }) => void socket.write(answerText("307 Again", [`location: ${receiver?.url}`])),
    );
    expect((await sender.attempt(url)).ended.code).toBe("redirect_not_followed");
    expect(receiver?.requests.length).toBe(1);
  });

  it("F104 304 with a body is a failure, and its socket is not used again", async () => {
    const url = await receiving(write("HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\nhello"));
    for (let n = 1; n <= 2; n += 1) {
      expect((await sender.attempt(url)).ended.code).toBe("unexpected_status");
      expect(receiver?.connections()).toBe(n);
    }
  });

  it("webhook-no-retry ends it, except that 410 stays gone and 200 stays delivered", async () => {
    let status = "500 Oops";
    const url = await receiving(
      ({ socket }) => void socket.write(answerText(status, ["webhook-no-retry: True"])),
    );
    expect((await sender.attempt(url)).ended.code).toBe("no_retry");
    status = "410 Gone";
    expect((await sender.attempt(url)).ended.code).toBe("gone");
    status = "200 OK";
    expect((await sender.attempt(url)).ended.code).toBe("ok");
  });

  it.each([
    ["503 Later", "120", 120_000],
    ["429 Too Many", "Sun, 22 Nov 2026 00:01:00 GMT", 60_000],
    ["503 Later", "-1", 0],
    ["503 Later", "1000000000", 1_000_000_000_000],
    ["503 Later", "Sat, 01 Jan 2000 00:00:00 GMT", 0],
    ["503 Later", "soon", null],
    ["500 Oops", "120", null],
  ])("F109 %s with Retry-After %s asks for %s ms", async (status, value, retryAfterMs) => {
    const url = await receiving(write(answerText(status, [`retry-after: ${value}`])));
    expect((await sender.attempt(url)).ended.retryAfterMs).toBe(retryAfterMs);
  });
});

/** Resolves when the only alarm left is the one for the body: the headers have been read. */
async function headersArrived({ clock }: Sender): Promise<void> {
  await clock.whenSet(5_000);
  while (clock.pending.some((delayMs) => delayMs === 15_000)) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
