// A socket that a test writes to and listens on as it likes, for clients that stop half-way or never stop.
import { connect, type Socket } from "node:net";
import { bounded } from "./bounded.ts";

export interface RawSocket {
  readonly socket: Socket;
  /** Resolves when what was heard so far contains this; rejects when the connection is closed without it. */
  hears(text: string): Promise<string>;
  /** All that was heard, once the connection is closed. */
  closed(): Promise<string>;
  /** Writes until the other side has closed; resolves with the number of bytes written. */
  floods(chunk: string, bytesMax: number): Promise<number>;
}

const timeoutMs = 15_000;

export async function rawSocket(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = "";
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    heard += text;
    tell();
  });
  // Whoever is cut off in the middle of sending hears of it as an error; what was heard before still counts.
  socket.on("error", () => undefined);
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void gone.then(tell);
  await bounded(
    new Promise<void>((resolve) => socket.once("connect", () => resolve())),
    timeoutMs,
    () => "connection",
  );
  return {
    socket,
    hears(text) {
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const look = (): void => {
        if (heard.includes(text)) resolve(heard);
        else if (socket.destroyed) reject(new Error(`closed without ${text}; it said: ${heard}`));
      };
      listeners.add(look);
      look();
      return bounded(promise, timeoutMs, () => `${text}; it said: ${heard}`);
    },
    async closed() {
      await bounded(gone, timeoutMs, () => `end of the connection; it said: ${heard}`);
      return heard;
    },
    async floods(chunk, bytesMax) {
      let written = 0;
      while (written < bytesMax && !socket.destroyed) {
        const isFlushed = socket.write(chunk);
        written += chunk.length;
        if (isFlushed) continue;
        const drained = new Promise<void>((resolve) => socket.once("drain", () => resolve()));
        await bounded(
          Promise.race([drained, gone]),
          timeoutMs,
          () => "room to write or end of the connection",
        );
      }
      return written;
    },
  };
}
