// A name server on loopback whose answers are scripted query by query, to rebind a name between check and connect.
import { createSocket, type RemoteInfo } from "node:dgram";

/** The IPv4 addresses to answer an A query with; empty means that the name exists without one. */
export type DnsScript = (query: DnsQuery) => readonly string[];

export interface DnsQuery {
  readonly name: string;
  readonly type: "A" | "AAAA" | "other";
  /** 1 for the first query of this name and type. */
  readonly occurrence: number;
}

export interface DnsServer {
  /** `127.0.0.1:<port>`, as RINGBACK_DNS_SERVERS takes it. */
  readonly address: string;
  readonly queries: readonly DnsQuery[];
  close(): Promise<void>;
}

const typeA = 1;
const typeAaaa = 28;
const headerBytes = 12;

/** AAAA and other queries are answered with no record; every answer has a time to live of 0 seconds. */
export async function startDnsServer(script: DnsScript): Promise<DnsServer> {
  const queries: DnsQuery[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (packet: Buffer, from: RemoteInfo) => {
    const { name, type, end } = readQuestion(packet);
    const occurrence = 1 + queries.filter((query) => query.name === name && query.type === type).length;
    const query: DnsQuery = { name, type, occurrence };
    queries.push(query);
    const addresses = type === "A" ? script(query) : [];
    socket.send(reply(packet.subarray(0, end), addresses), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    queries,
    close: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
}

/** The first question of a query (RFC 1035 §4.1.2); `end` is where it stops. */
function readQuestion(packet: Buffer): { name: string; type: DnsQuery["type"]; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = packet.readUInt8(at); length > 0; length = packet.readUInt8(at)) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const code = packet.readUInt16BE(at + 1);
  const type = code === typeA ? "A" : code === typeAaaa ? "AAAA" : "other";
  return { name: labels.join(".").toLowerCase(), type, end: at + 5 };
}

/** The query's header and question turned into an answer with one A record per address. */
function reply(question: Buffer, addresses: readonly string[]): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const records = addresses.map((address) => {
    const octets = address.split(".").map(Number);
    // A pointer to the question's name, type A, class IN, a time to live of 0, four bytes of address.
    return Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, 0, 0, 4, ...octets]);
  });
  return Buffer.concat([head, ...records]);
}
