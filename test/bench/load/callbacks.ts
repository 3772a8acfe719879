// The receiver of callbacks on the clients' side: it shares their clock, and says what arrived and when.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Closing } from "../closing.ts";

export interface Arrival {
  readonly path: string;
  readonly body: string;
  /** When its last byte was there, by performance.now(). */
  readonly atMs: number;
}

/** Resolves with where it listens, without a trailing slash. Its answer is 200, or none at all when `arrived` says `hang`. */
export async function receiveCallbacks(
  closing: Closing,
  arrived: (arrival: Arrival) => "answer" | "hang",
): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        if (arrived({ path: request.url ?? "", body, atMs: performance.now() }) === "hang") return;
        response.writeHead(200, { "content-length": 0 }).end();
      });
  });
  server.keepAliveTimeout = 60_000;
  closing.add(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1_024, resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
