// A name server over UDP on loopback whose every answer a test decides (RFC 1035).
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { parseIp } from "../address/ip-address.ts";

export interface Question {
  readonly name: string;
  readonly type: "A" | "AAAA" | "other";
  /** 1 for the first question of this type. */
  readonly n: number;
}

/** Addresses of the other family are left out. Null is silence. */
export type Reply = { readonly addresses: readonly string[] } | { readonly rcode: number } | null;

export interface DnsServer {
  /** As `dns.setServers` takes it. */
  readonly address: string;
  readonly questions: readonly Question[];
  close(): Promise<void>;
}

const types = new Map<number, Question["type"]>([
  [1, "A"],
  [28, "AAAA"],
]);

export async function startDnsServer(answer: (question: Question) => Reply): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const questions: Question[] = [];
  socket.on("message", (packet, peer) => {
    const { name, end } = readName(packet);
    const type = types.get(packet.readUInt16BE(end)) ?? "other";
    const n = questions.filter((earlier) => earlier.type === type).length + 1;
    questions.push({ name, type, n });
    const reply = answer({ name, type, n });
    if (reply !== null)
      socket.send(encode(packet.subarray(0, end + 4), type, reply), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    questions,
    async close() {
      socket.close();
      await once(socket, "close");
    },
  };
}

function readName(packet: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = packet[at] ?? 0; length > 0; length = packet[at] ?? 0) {
    labels.push(packet.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}

/** `asked` is the question's packet up to the end of its one question. */
function encode(asked: Buffer, type: Question["type"], reply: NonNullable<Reply>): Buffer {
  const addresses = "addresses" in reply ? reply.addresses.flatMap((text) => parseIp(text) ?? []) : [];
  const fitting = addresses.filter(({ family }) => (family === 4 ? type === "A" : type === "AAAA"));
  const head = Buffer.from(asked);
  head.writeUInt16BE(0x8180 | ("rcode" in reply ? reply.rcode : 0), 2);
  head.writeUInt16BE(fitting.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(0, 10);
  const records = fitting.map(({ family, bytes }) => {
    const record = Buffer.alloc(12);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(family === 4 ? 1 : 28, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(0, 6);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...records]);
}
