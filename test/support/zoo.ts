// The zoo: receivers that misbehave, one line each, on raw sockets. What becomes of a delivery to each is the tests' business.
import type { Socket } from "node:net";
import {
  answerText,
  makeAuthority,
  makeCertificate,
  startReceiver,
  type Receiver,
} from "@ringback/dispatcher/testing";

export type Animal = keyof typeof animals;

interface Habits {
  /** Called with every request that has come whole. */
  readonly answer?: (socket: Socket) => void;
  /** Called with every connection, before anything was read. */
  readonly greet?: (socket: Socket) => void;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The URL says https, whatever is spoken there. */
  readonly saysHttps?: boolean;
  /** It has gone before anybody calls. */
  readonly isGone?: boolean;
}

/** Signs the certificates of those that have a good one; who is to trust it has to be told. */
export const zooAuthority = makeAuthority("Ringback Zoo");

const says =
  (text: string): ((socket: Socket) => void) =>
  (socket) =>
    void socket.write(text, "latin1");
const oneLongAgo = { host: "localhost", notAfter: new Date("2021-01-01T00:00:00Z") };

const animals = {
  healthy: { answer: says(answerText("204 No Content")) },
  healthyTls: {
    answer: says(answerText("200 OK")),
    tls: makeCertificate(zooAuthority, { host: "localhost" }),
  },
  absent: { isGone: true },
  silent: {},
  resets: { answer: (socket) => void socket.resetAndDestroy() },
  hangsUp: { answer: (socket) => void socket.end() },
  stopsAfterHeaders: { answer: says("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n") },
  resetsInBody: {
    answer: (socket) =>
      void socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", () => socket.resetAndDestroy()),
  },
  neverStops: { answer: pour },
  redirects: { answer: says(answerText("302 Found", ["location: http://169.254.169.254/latest"])) },
  stormsInterim: { answer: says("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(1_000)) },
  switches: { answer: says("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n") },
  speaksMail: { answer: says("220 mail.example ESMTP\r\n") },
  smuggles: { answer: says("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n") },
  notModified: { answer: says("HTTP/1.1 304 Not Modified\r\n\r\n") },
  unauthorized: { answer: says(answerText("401 Unauthorized")) },
  gone: { answer: says(answerText("410 Gone")) },
  busy: { answer: says(answerText("429 Too Many Requests", ["retry-after: 1000000000"])) },
  broken: { answer: says(answerText("502 Bad Gateway")) },
  wantsNoMore: { answer: says(answerText("500 Oops", ["webhook-no-retry: true"])) },
  expired: { answer: says(answerText("200 OK")), tls: makeCertificate(zooAuthority, oneLongAgo) },
  misnamed: {
    answer: says(answerText("200 OK")),
    tls: makeCertificate(zooAuthority, { host: "other.example" }),
  },
  selfSigned: { answer: says(answerText("200 OK")), tls: makeCertificate(null, { host: "localhost" }) },
  plainOnHttps: {
    greet: (socket) => void socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
    saysHttps: true,
  },
  resetsHandshake: {
    greet: (socket) => void socket.once("data", () => socket.resetAndDestroy()),
    saysHttps: true,
  },
} as const satisfies Readonly<Record<string, Habits>>;

export const allAnimals = Object.keys(animals) as readonly Animal[];

/** Its URL, and everything else a receiver has. */
export async function startAnimal(name: Animal): Promise<Receiver> {
  const { answer = ignore, greet, tls, saysHttps = false, isGone = false }: Habits = animals[name];
  const receiver = await startReceiver(({ socket }) => answer(socket), {
    host: tls !== undefined || saysHttps ? "localhost" : "127.0.0.1",
    ...(greet !== undefined && { onConnection: greet }),
    ...(tls !== undefined && { tls }),
  });
  if (isGone) await receiver.close();
  const close = async (): Promise<void> => (isGone ? undefined : receiver.close());
  return { ...receiver, close, url: saysHttps ? receiver.url.replace("http:", "https:") : receiver.url };
}

function pour(socket: Socket): void {
  const chunk = Buffer.alloc(65_536, "x");
  const more = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", more);
  socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n");
  more();
}

function ignore(): void {}
