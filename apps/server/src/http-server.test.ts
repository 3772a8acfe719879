import { createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startHttpServer, type HttpServer } from "./http-server.ts";
import { systemClock, systemRandom } from "./system.ts";

let server: HttpServer;
beforeAll(async () => {
  const fetch = (request: Request): Response => {
    const { pathname } = new URL(request.url);
    if (pathname !== "/stream") return Response.json({ path: pathname });
    // Begins, and never ends.
    return new Response(
      new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("begun")) }),
    );
  };
  server = await startHttpServer({
    fetch,
    shortPoll: () => null,
    host: "127.0.0.1",
    port: 0,
    clock: systemClock(),
    random: systemRandom(),
  });
});
afterAll(() => server.close(1_000));

/** Everything the server says to these bytes until it closes the connection; `more` is sent once it has said `cue`. */
function say(text: string, cue?: string, more = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    let isSaid = false;
    const socket = createConnection(server.address.port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      heard += chunk;
      if (isSaid || cue === undefined || !heard.includes(cue)) return;
      isSaid = true;
      socket.write(more);
    });
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
    [
      "F19 2,000 headers",
      `GET / HTTP/1.1\r\nHost: a\r\n${"a:1\r\n".repeat(2_000)}\r\n`,
      431,
      "headers-too-large",
    ],
    [
      "F19 a header more than may be",
      `GET / HTTP/1.1\r\nHost: a\r\n${"a:1\r\n".repeat(200)}\r\n`,
      431,
      "headers-too-large",
    ],
    ["F12 space before a header's colon", "GET / HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n", 400, "http-invalid"],
    ["F12 a NUL in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400, "http-invalid"],
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

  test("F12 what breaks in the middle of an answer ends the connection, and puts no second answer into the first", async () => {
    const heard = await say("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n", "begun", "\0\0no HTTP\r\n\r\n");
    expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("F12 a body that breaks after the answer ends the connection, and is not answered twice", async () => {
    const post = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const heard = await say(post, '{"path":"/"}', "zz\r\n");
    expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("F19 200 headers are taken", async () => {
    const headers = `Host: a\r\nConnection: close\r\n${"a:1\r\n".repeat(198)}`;
    expect(await say(`GET /x HTTP/1.1\r\n${headers}\r\n`)).toContain('{"path":"/x"}');
  });

  test("an expectation that means nothing here is ignored", async () => {
    const heard = await say("GET /x HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nConnection: close\r\n\r\n");
    expect(heard).toContain('{"path":"/x"}');
  });

  test("leaves what is well-formed to the app", async () => {
    const heard = await say("GET /x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(heard).toContain('{"path":"/x"}');
  });
});
