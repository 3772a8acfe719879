// The networks whose private receivers may be called: how the setting is spelled, and what it covers.
import { unmapped, type IpAddress } from "./ip-address.ts";
import { isWithin, parseNetwork, type IpNetwork } from "./ip-network.ts";

export interface AllowedNetwork {
  readonly network: IpNetwork;
  /** Null means every port. */
  readonly port: number | null;
}

/**
 * Reads `CIDR[:port], …`: `10.20.0.0/16`, `10.20.0.0/16:8443`, `[fd00::/8]:8443`, `fd00::/8`, or single addresses. Names
 * every part that is wrong. Metadata addresses stay forbidden whatever it says.
 */
export function parseAllowNetworks(
  text: string,
): { readonly networks: readonly AllowedNetwork[] } | { readonly problems: readonly string[] } {
  const networks: AllowedNetwork[] = [];
  const problems: string[] = [];
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue;
    const parsed = parsePart(part);
    if (typeof parsed === "string") problems.push(parsed);
    else networks.push(parsed);
  }
  return problems.length > 0 ? { problems } : { networks };
}

/** True when one of the networks covers this address on this port. A mapped address counts as the IPv4 address it is. */
export function isAllowed(allowed: readonly AllowedNetwork[], address: IpAddress, port: number): boolean {
  const plain = unmapped(address);
  return allowed.some(
    (entry) =>
      (entry.port === null || entry.port === port) &&
      (isWithin(address, entry.network) || isWithin(plain, entry.network)),
  );
}

/** `network`, `network:port` or `[network]:port`; a bare IPv6 network has no room for a port. */
const spelling =
  /^(?:\[(?<inner>[^\]]+)\](?::(?<innerPort>\d+))?|(?<v4>[\d./]+):(?<v4Port>\d+)|(?<bare>[^[\]]+))$/;

function parsePart(part: string): AllowedNetwork | string {
  const groups = spelling.exec(part)?.groups ?? {};
  const text = groups["inner"] ?? groups["v4"] ?? groups["bare"];
  const network = text === undefined ? null : parseNetwork(text);
  if (network === null) {
    return `"${part}" is not a network such as 10.20.0.0/16, 10.20.0.0/16:8443 or [fd00::/8]:8443, without bits beyond its prefix`;
  }
  const portText = groups["innerPort"] ?? groups["v4Port"];
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && (port < 1 || port > 65_535)) return `"${part}" has a port outside 1 to 65535`;
  return { network, port };
}
