// Networks in CIDR notation, and whether an address lies in one.
import { parseIp, type IpAddress } from "./ip-address.ts";

export interface IpNetwork {
  readonly base: IpAddress;
  readonly prefixBits: number;
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address. Null when it is none, or when bits beyond the prefix are set. */
export function parseNetwork(text: string): IpNetwork | null {
  const slash = text.indexOf("/");
  const base = parseIp(slash === -1 ? text : text.slice(0, slash));
  if (base === null || text.includes("%") || text.includes("[")) return null;
  const bitsMax = base.bytes.length * 8;
  const suffix = slash === -1 ? String(bitsMax) : text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(suffix) || Number(suffix) > bitsMax) return null;
  const network = { base, prefixBits: Number(suffix) };
  return hasHostBits(network) ? null : network;
}

/** For networks written in the source: throws when the text is none. */
export function network(text: string): IpNetwork {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new Error(`${text} is not a network`);
  return parsed;
}

export function isWithin(address: IpAddress, { base, prefixBits }: IpNetwork): boolean {
  if (address.family !== base.family) return false;
  const whole = prefixBits >> 3;
  for (let at = 0; at < whole; at += 1) if (address.bytes[at] !== base.bytes[at]) return false;
  const rest = prefixBits & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return ((address.bytes[whole] ?? 0) & mask) === ((base.bytes[whole] ?? 0) & mask);
}

function hasHostBits({ base, prefixBits }: IpNetwork): boolean {
  return base.bytes.some((byte, at) => {
    const kept = Math.min(8, Math.max(0, prefixBits - at * 8));
    return (byte & (0xff >> kept)) !== 0;
  });
}
