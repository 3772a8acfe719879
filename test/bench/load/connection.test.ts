import { createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Connection } from "./connection.ts";
import { requestBytes } from "./request-bytes.ts";

const request = requestBytes({ method: "GET", path: "/x", apiKey: "k" });
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers each request with the next of these texts, in the pieces they are given in. */
async function answering(
  ...answers: readonly (readonly string[])[]
): Promise<{ url: string; connections: () => number }> {
  let next = 0;
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections += 1;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const pieces = answers[next++] ?? [];
      if (pieces.length === 0) socket.destroy();
      for (const piece of pieces) socket.write(piece);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  };
}

function open(url: string): Connection {
  const connection = new Connection(url);
  closers.push(() => connection.close());
  return connection;
}

describe("a connection of the load", () => {
  test("takes one answer after the other, however they are cut", async () => {
    const server = await answering(
      ["HTTP/1.1 202 Accepted\r\nContent-Le", "ngth: 4\r\nX: 1\r\n\r\nab", "cd"],
      ["HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"],
      ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
    );
    const connection = open(server.url);
    expect(await connection.send(request)).toMatchObject({ status: 202, body: "abcd" });
    expect(await connection.send(request)).toMatchObject({ status: 304, body: "" });
    expect(await connection.send(request)).toMatchObject({ status: 200 });
    expect(server.connections()).toBe(1);
  });

  test("goes on over another connection when an answer was the last on this one", async () => {
    const server = await answering(
      ["HTTP/1.1 200 OK\r\nConnection: close\r\ncontent-length: 0\r\n\r\n"],
      ["HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"],
    );
    const connection = open(server.url);
    expect(await connection.send(request)).toMatchObject({ status: 200 });
    expect(await connection.send(request)).toMatchObject({ status: 202 });
    expect(server.connections()).toBe(2);
  });

  test("rejects when it is cut before the answer is complete, and opens anew for the next request", async () => {
    const server = await answering([], ["HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]);
    const connection = open(server.url);
    await expect(connection.send(request)).rejects.toThrow("closed before the answer was complete");
    expect(await connection.send(request)).toMatchObject({ status: 200 });
    expect(server.connections()).toBe(2);
  });

  test("does not guess where an answer without a length ends", async () => {
    const server = await answering(["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]);
    await expect(open(server.url).send(request)).rejects.toThrow("without Content-Length");
  });
});

test("a request is spelled as HTTP/1.1, with its key and the length of its body in bytes", () => {
  const bytes = requestBytes({ method: "POST", path: "/v1/jobs", apiKey: "k", body: '"é"' });
  expect(bytes.toString("utf8")).toBe(
    'POST /v1/jobs HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\n"é"',
  );
});
