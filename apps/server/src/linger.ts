// Closes a connection whose request was answered before its body had come, so that the client gets to read the answer.
// Closing at once would reset it: TCP drops what the other side has not read yet when unread bytes are thrown away.
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Clock } from "@ringback/core";

export interface LingerOptions {
  readonly clock: Clock;
  readonly bytesMax: number;
  readonly withinMs: number;
}

/**
 * Takes the place of what Node does after an answer that ends its connection. Says that nothing more will come, takes what
 * the client still sends, at most `bytesMax` bytes for `withinMs`, and then closes. A request that is complete needs none of it.
 */
export function lingerWhenUnread(
  incoming: IncomingMessage,
  { clock, bytesMax, withinMs }: LingerOptions,
): void {
  const { socket } = incoming;
  let isLingering = false;
  socket.destroySoon = () => {
    // Not the socket's own method, which is that of an earlier request on the same connection.
    if (incoming.complete) Socket.prototype.destroySoon.call(socket);
    if (incoming.complete || isLingering || socket.destroyed) return;
    isLingering = true;
    const readMax = socket.bytesRead + bytesMax;
    const forget = clock.after(withinMs, () => socket.destroy());
    socket.once("close", forget);
    // Whoever was reading the body has given it up, and would hold the rest back.
    incoming.removeAllListeners("data");
    incoming.on("data", () => {
      if (socket.bytesRead > readMax) socket.destroy();
    });
    incoming.resume();
    socket.end();
  };
}
