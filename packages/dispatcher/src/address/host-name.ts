// What a host's name alone says: whether it can be one, and whether it belongs to a private network.
import type { Refusal } from "./refusal.ts";

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const nameLengthMax = 253;

/** Ends of names that only a private resolver answers for: RFC 6761, 6762, 8375, ICANN's `.internal`, and Kubernetes. */
const privateEnds = [
  "localhost",
  "local",
  "internal",
  "localdomain",
  "lan",
  "intranet",
  "private",
  "corp",
  "home",
  "home.arpa",
  "svc",
];

/** Names that stand for a cloud's metadata service wherever they resolve to. */
const metadataNames = new Set(["metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"]);

/** Judges the form of a name that is no IP literal; null when it is fine. The name is in ASCII and lower case. */
export function refuseName(name: string): Refusal | null {
  if (name.endsWith(".")) {
    return { rule: "host-form", detail: "The host must be written without a full stop at its end." };
  }
  if (name.length > nameLengthMax || !name.split(".").every((part) => label.test(part))) {
    return { rule: "host-form", detail: "The host is not a name that DNS could know." };
  }
  if (metadataNames.has(name)) {
    return {
      rule: "metadata-address",
      detail: "The host is a cloud's metadata service, which is never called.",
    };
  }
  if (name.endsWith(".onion")) {
    return { rule: "private-name", detail: "Names under .onion are not part of DNS and cannot be called." };
  }
  return null;
}

/** True for names that mean something on a private network only: a single label, or one of the known ends. */
export function isPrivateName(name: string): boolean {
  if (!name.includes(".")) return true;
  return privateEnds.some((end) => name.endsWith(`.${end}`));
}

/** True for `localhost` and what lies under it, which stands for the loopback addresses and is never asked of DNS (RFC 6761 §6.3). */
export function isLocalhost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost");
}
