// Which addresses are public, and which are never called. The whole of it works on bytes and knows no configuration.
import { startsWith, type IpAddress } from "./ip-address.ts";
import { isWithin, network } from "./ip-network.ts";

/** `metadata`: a cloud's credentials service, or what may be one in disguise; never called. `special`: not part of the public internet. */
export type AddressClass = "public" | "special" | "metadata";

/** IPv4 that is not globally reachable, or not one receiver: IANA's special-purpose registry (RFC 6890), multicast, class E. */
const specialV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
].map((text) => network(text));

/** IPv6 is allow-listed: only 2000::/3 is global unicast, and these parts of it are not. */
const globalV6 = network("2000::/3");
const specialV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map((text) => network(text));

/**
 * AWS, ECS, EKS, Alibaba, Azure (public space), Oracle; AWS and Google over IPv6. And local NAT64 (RFC 8215) as a whole:
 * where in it the IPv4 address stands depends on a prefix length that only its network knows (RFC 6052 §2.2).
 */
const metadata = [
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "64:ff9b:1::/48",
].map((text) => network(text));

export function classify(address: IpAddress): AddressClass {
  if (isMetadata(address)) return "metadata";
  if (address.family === 4) return specialV4.some((range) => isWithin(address, range)) ? "special" : "public";
  const isGlobal = isWithin(address, globalV6) && !specialV6.some((range) => isWithin(address, range));
  return isGlobal ? "public" : "special";
}

/** True also when the metadata address is wrapped into an IPv6 one that a gateway or tunnel would unwrap. */
function isMetadata(address: IpAddress): boolean {
  return [address, ...embeddedV4(address)].some((candidate) =>
    metadata.some((range) => isWithin(candidate, range)),
  );
}

interface Embedding {
  readonly prefix: readonly number[];
  /** Where the four bytes stand. */
  readonly at: number;
  /** Teredo writes the client's address inverted. */
  readonly inverted?: true;
}

const zeros = (count: number): number[] => Array<number>(count).fill(0);

const embeddings: readonly Embedding[] = [
  { prefix: [...zeros(10), 0xff, 0xff], at: 12 }, // mapped, RFC 4291
  { prefix: zeros(12), at: 12 }, // compatible, RFC 4291
  { prefix: [...zeros(8), 0xff, 0xff, 0, 0], at: 12 }, // translated (SIIT), RFC 2765
  { prefix: [0x00, 0x64, 0xff, 0x9b, ...zeros(8)], at: 12 }, // NAT64, RFC 6052
  { prefix: [0x20, 0x02], at: 2 }, // 6to4, RFC 3056
  { prefix: [0x20, 0x01, 0, 0], at: 4 }, // Teredo's server, RFC 4380
  { prefix: [0x20, 0x01, 0, 0], at: 12, inverted: true }, // Teredo's client
];

/** Every IPv4 address that is written into this IPv6 one; none for IPv4. */
function embeddedV4({ family, bytes }: IpAddress): IpAddress[] {
  if (family === 4) return [];
  return embeddings
    .filter(({ prefix }) => startsWith(bytes, prefix))
    .map(({ at, inverted }) => {
      const four = bytes.slice(at, at + 4);
      return { family: 4, bytes: inverted === true ? four.map((byte) => byte ^ 0xff) : four };
    });
}
