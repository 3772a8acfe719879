import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHttpServer, type HttpServer } from "./http-server.ts";
import { systemClock, systemRandom } from "./system.ts";

let server: HttpServer;
beforeAll(async () => {
  const fetch = (request: Request): Response => Response.json({ path: new URL(request.url).pathname });
  server = await startHttpServer({
    fetch,
    host: "127.0.0.1",
    port: 0,
    clock: systemClock(),
    random: systemRandom(),
  });
});
afterAll(() => server.close(1_000));

/** Everything the server says to these bytes until it closes the connection. */
function say(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = createConnection(server.address.port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1").on("data", (chunk: string) => (heard += chunk));
    socket.on("close", () => resolve(heard)).on("error", reject);
  });
}

describe("what never reaches the app", () => {
  const cases: readonly (readonly [string, string, number, string])[] = [
    [
      "F12 two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      "http-invalid",
    ],
    ["F12 a bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 400, "http-invalid"],
    ["F12 a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400, "http-invalid"],
    [
      "F19 headers of 64 KiB",
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(65_536)}\r\n\r\n`,
      431,
      "headers-too-large",
    ],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400, "http-invalid"],
    ["a Host that is none", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "http-invalid"],
    ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/../b\r\n\r\n", 400, "http-invalid"],
  ];
  test.each(cases)(
    "%s is answered with a problem document, and the connection closed",
    async (_name, text, status, code) => {
      const heard = await say(text);
      const [head = "", body = ""] = heard.split("\r\n\r\n");
      expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(head.toLowerCase()).toContain("content-type: application/problem+json");
      const json = /\{.*\}/s.exec(body)?.[0] ?? "{}";
      const requestId = /x-request-id: (\S+)/i.exec(head)?.[1];
      expect(JSON.parse(json)).toMatchObject({ type: `/problems/${code}`, status, code, requestId });
    },
  );

  test("leaves what is well-formed to the app", async () => {
    const heard = await say("GET /x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(heard).toContain('{"path":"/x"}');
  });
});
