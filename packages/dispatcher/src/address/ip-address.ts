// IP addresses as bytes. Whatever is decided about an address is decided on its bytes, never on one of its many spellings.

export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * Reads an address as `node:net`, `node:dns` and `new URL()` spell it: dotted decimal, or IPv6 in any of its forms, with or
 * without brackets and a zone. Null when it is none. Octal, hexadecimal and shortened IPv4 are not read: the URL parser
 * has turned them into dotted decimal long before.
 */
export function parseIp(text: string): IpAddress | null {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  if (bare.includes(":")) return parseV6(withoutZone(bare));
  const bytes = parseV4Bytes(bare);
  return bytes === null ? null : { family: 4, bytes: Uint8Array.from(bytes) };
}

/** The address in its one canonical spelling: RFC 5952, with a mapped IPv4 address written as the IPv6 address it is. */
export function formatIp(address: IpAddress): string {
  if (address.family === 4) return address.bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => groupAt(address.bytes, at).toString(16));
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

export function isSameIp(one: IpAddress, other: IpAddress): boolean {
  return one.family === other.family && one.bytes.every((byte, at) => byte === other.bytes[at]);
}

/** The IPv4 address that a mapped one (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2) is; every other address is itself. */
export function unmapped(address: IpAddress): IpAddress {
  const isMapped = address.family === 6 && startsWith(address.bytes, mappedPrefix);
  return isMapped ? { family: 4, bytes: address.bytes.slice(12) } : address;
}

export function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((byte, at) => bytes[at] === byte);
}

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

function withoutZone(text: string): string {
  const percent = text.indexOf("%");
  return percent === -1 ? text : text.slice(0, percent);
}

function parseV4Bytes(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  const bytes = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function parseV6(text: string): IpAddress | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = parseGroups(halves[1] ?? "", true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  const isComplete = halves.length === 2 ? missing >= 2 : missing === 0;
  if (!isComplete) return null;
  return { family: 6, bytes: Uint8Array.from([...head, ...Array<number>(missing).fill(0), ...tail]) };
}

/** The bytes of `1:2:a.b.c.d`; only the address's last part may be IPv4. */
function parseGroups(text: string, isLast: boolean): number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const bytes: number[] = [];
  for (const [at, part] of parts.entries()) {
    if (isLast && at === parts.length - 1 && part.includes(".")) {
      const v4 = parseV4Bytes(part);
      if (v4 === null) return null;
      bytes.push(...v4);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 0xff);
    } else {
      return null;
    }
  }
  return bytes;
}

function groupAt(bytes: Uint8Array, at: number): number {
  return ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0);
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [at, group] of groups.entries()) {
    if (group !== "0") start = at + 1;
    else if (at + 1 - start > longest.length) longest = { start, length: at + 1 - start };
  }
  return longest;
}
