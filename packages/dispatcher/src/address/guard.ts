// The address guard: says where Ringback may connect. One set of rules for registration and for every connect; who
// connects, and how, is not decided here.
import { networkInterfaces } from "node:os";
import type { AddressGuard, Clock, Log, UrlVerdict } from "@ringback/core";
import { classify } from "./address-class.ts";
import { isAllowed, type AllowedNetwork } from "./allow-networks.ts";
import { BoundedCache } from "./bounded-cache.ts";
import { isLocalhost } from "./host-name.ts";
import { isSameIp, parseIp, unmapped, type IpAddress } from "./ip-address.ts";
import { isWithin, network } from "./ip-network.ts";
import type { Refusal } from "./refusal.ts";
import { createResolver, type DnsFailure, type Resolution } from "./resolver.ts";
import { parseReceiverUrl, urlLengthMax, type Target, type UrlForm } from "./url-form.ts";

/** Where this Ringback itself is reached: an address it listens on, or a name of its own. */
export type OwnAddress =
  | { readonly address: string; readonly port: number }
  | { readonly host: string; readonly port: number };

export interface AddressGuardOptions {
  /** Networks whose private receivers may be called, also over plain http and on any port they name. */
  readonly allowNetworks: readonly AllowedNetwork[];
  /** Lets plain http through for public receivers, too. */
  readonly allowHttp: boolean;
  /** Name servers as `dns.setServers` takes them; the system's by default. */
  readonly dnsServers?: readonly string[] | undefined;
  /** Asked at every check, since the port may be known only after the start. */
  readonly ownAddresses: () => readonly OwnAddress[];
  readonly clock: Clock;
  readonly log?: Log;
}

/** What may be connected to, or why nothing may. */
export type Admission =
  | { readonly kind: "admitted"; readonly addresses: readonly IpAddress[] }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "unresolved"; readonly failure: DnsFailure };

/** The guard as those see it who connect: it also says which addresses a connection may go to. */
export interface GuardedConnections extends AddressGuard {
  /** Judges the text alone; cheap for a URL that was judged lately. */
  formOf(url: string): UrlForm;
  /** Resolves the target's name now and judges every address. Never rejects. */
  admit(target: Target): Promise<Admission>;
  /** True when a connection that was made leads to one of the admitted addresses. */
  isAdmitted(admitted: readonly IpAddress[], remoteAddress: string): boolean;
}

const registrationPatienceMs = 1_000;
const resolvedForMs = 30_000;
const unresolvedForMs = 10_000;
const entriesMax = 1_000;
const loopbackV4 = network("127.0.0.0/8");
const loopback = ["127.0.0.1", "::1"].flatMap((text) => parseIp(text) ?? []);

export function createAddressGuard(options: AddressGuardOptions): GuardedConnections {
  const { clock, log } = options;
  const resolver = createResolver({ servers: options.dnsServers ?? [], clock });
  const forms = new BoundedCache<UrlForm>(entriesMax);
  const resolved = new BoundedCache<{ readonly until: number; readonly resolution: Resolution }>(entriesMax);

  const parse = (url: string): UrlForm => parseReceiverUrl(url, { allowHttp: options.allowHttp });
  const formOf = (url: string): UrlForm =>
    url.length > urlLengthMax ? parse(url) : forms.getOrMake(url, () => parse(url));

  const judge = (target: Target, resolution: Resolution): Admission => {
    const refusal = refuseOwnName(target, options.ownAddresses());
    if (refusal !== null) return { kind: "refused", refusal };
    if (!resolution.ok) return { kind: "unresolved", failure: resolution.failure };
    return judgeAddresses(target, resolution.addresses, options);
  };

  /** What needs no DNS: literals, localhost, and what could be called inside an allowed network only, when there is none. */
  const judgeAtOnce = (target: Target): Admission | null => {
    if (target.literal !== null) return judge(target, { ok: true, addresses: [target.literal] });
    if (isLocalhost(target.hostname)) {
      const allowed = loopback.filter((address) => isAllowed(options.allowNetworks, address, target.port));
      return judge(target, { ok: true, addresses: allowed.length > 0 ? allowed : loopback });
    }
    const isHopeless = target.unlessAllowed !== null && options.allowNetworks.length === 0;
    return isHopeless ? { kind: "refused", refusal: target.unlessAllowed } : null;
  };

  const resolveForRegistration = async (name: string): Promise<Resolution> => {
    const known = resolved.get(name);
    if (known !== undefined && known.until > clock.monotonicMs()) return known.resolution;
    const resolution = await withPatience(resolver.resolve(name), clock);
    const forMs = resolution.ok ? resolvedForMs : unresolvedForMs;
    resolved.set(name, { until: clock.monotonicMs() + forMs, resolution });
    return resolution;
  };

  return {
    formOf,
    async checkUrl(url): Promise<UrlVerdict> {
      const form = formOf(url);
      if (!form.ok) return { ok: false, ...form.refusal };
      const { receiver } = form;
      const admission =
        judgeAtOnce(receiver.target) ??
        judge(receiver.target, await resolveForRegistration(receiver.target.hostname));
      if (admission.kind === "refused") {
        log?.info("url_refused", { rule: admission.refusal.rule, host: receiver.host });
        return { ok: false, ...admission.refusal };
      }
      return { ok: true, url: receiver.url, origin: receiver.origin, host: receiver.host };
    },
    async admit(target): Promise<Admission> {
      return judgeAtOnce(target) ?? judge(target, await resolver.resolve(target.hostname));
    },
    isAdmitted(admitted, remoteAddress): boolean {
      const remote = parseIp(remoteAddress);
      return remote !== null && admitted.some((address) => isSameIp(unmapped(address), unmapped(remote)));
    },
  };
}

/** One forbidden address refuses the name: mixed answers are an attack or a mistake. */
function judgeAddresses(
  target: Target,
  addresses: readonly IpAddress[],
  options: AddressGuardOptions,
): Admission {
  for (const address of addresses) {
    const refusal = refuseAddress(target, address, options);
    if (refusal !== null) return { kind: "refused", refusal };
  }
  return { kind: "admitted", addresses };
}

function refuseAddress(target: Target, address: IpAddress, options: AddressGuardOptions): Refusal | null {
  const leads = target.literal === null ? "The host's name leads to" : "The host is";
  const kind = classify(address);
  if (kind === "metadata") {
    return {
      rule: "metadata-address",
      detail: `${leads} a cloud's metadata address, or one that may stand for it, which is never called, whatever the settings.`,
    };
  }
  if (isOwn(address, target.port, options.ownAddresses())) return ownAddressRefusal;
  if (isAllowed(options.allowNetworks, address, target.port)) return null;
  if (target.unlessAllowed !== null) return target.unlessAllowed;
  if (kind === "public") return null;
  return {
    rule: "private-address",
    detail: `${leads} an address that is not on the public internet. To call private receivers, list their network in RINGBACK_ALLOW_NETWORKS.`,
  };
}

const ownAddressRefusal: Refusal = {
  rule: "own-address",
  detail: "The URL leads back to this Ringback itself; give the address of the receiver.",
};

function refuseOwnName(target: Target, own: readonly OwnAddress[]): Refusal | null {
  const isOwnName = own.some(
    (entry) => "host" in entry && entry.port === target.port && entry.host.toLowerCase() === target.hostname,
  );
  return isOwnName ? ownAddressRefusal : null;
}

function isOwn(address: IpAddress, port: number, own: readonly OwnAddress[]): boolean {
  const plain = unmapped(address);
  return own.some((entry) => {
    if (entry.port !== port) return false;
    const parsed = parseIp("address" in entry ? entry.address : entry.host);
    if (parsed === null) return false;
    return isUnspecified(parsed) ? isOfThisMachine(plain) : isSameIp(unmapped(parsed), plain);
  });
}

function isUnspecified({ bytes }: IpAddress): boolean {
  return bytes.every((byte) => byte === 0);
}

function isOfThisMachine(address: IpAddress): boolean {
  if (isWithin(address, loopbackV4)) return true;
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .some((candidate) => {
      const parsed = parseIp(candidate.address);
      return parsed !== null && isSameIp(parsed, address);
    });
}

/** A registration does not wait for a slow name server; the rules hold again at every connect. */
async function withPatience(resolution: Promise<Resolution>, clock: Clock): Promise<Resolution> {
  let forget = (): void => undefined;
  const patience = new Promise<Resolution>((resolve) => {
    forget = clock.after(registrationPatienceMs, () => resolve({ ok: false, failure: "dns_timeout" }));
  });
  const settled = await Promise.race([resolution, patience]);
  forget();
  return settled;
}
