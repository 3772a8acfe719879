// A client below HTTP: sends bytes as they are, well-formed or not, and hands back whatever is answered.
import { connect } from "node:net";
import { bounded } from "./bounded.ts";

export interface RawRequest {
  readonly bytes: string;
  /** `wait` for the server to answer and close; `half-close` after the last byte; `reset` the connection after it. */
  readonly afterwards: "wait" | "half-close" | "reset";
}

const timeoutMs = 10_000;

/** All that came back until the connection was closed; empty after a reset. */
export function rawRequest(url: string, request: RawRequest): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  let answer = "";
  const socket = connect(Number(port), hostname, () => {
    socket.write(request.bytes, () => {
      if (request.afterwards === "half-close") socket.end();
      if (request.afterwards === "reset") socket.resetAndDestroy();
    });
  });
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => (answer += text));
  // Whoever is cut off in the middle of sending hears of it as an error; what was answered before still counts.
  socket.on("error", () => undefined);
  socket.on("close", () => resolve(answer));
  return bounded(promise, timeoutMs, () => `end of the connection; it answered: ${answer}`);
}
