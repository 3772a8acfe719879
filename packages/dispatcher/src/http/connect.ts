// Opens one connection to an address the guard has admitted, and checks afterwards that it leads there.
import { connect as connectTcp, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { AttemptCode, Clock } from "@ringback/core";
import type { GuardedConnections } from "../address/guard.ts";
import { formatIp, type IpAddress } from "../address/ip-address.ts";
import { isAddressRule } from "../address/refusal.ts";
import type { Target } from "../address/url-form.ts";

/** How far a connection has come. */
export type ConnectPhase = "resolve" | "connect" | "tls";

/** Why there is no connection, when it was not the network that said so. */
export class ConnectFailure extends Error {
  readonly code: AttemptCode;

  constructor(code: AttemptCode, message: string) {
    super(message);
    this.name = "ConnectFailure";
    this.code = code;
  }
}

export interface ConnectOptions {
  readonly guard: GuardedConnections;
  readonly clock: Clock;
  /** For TCP and TLS together, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Breaks the attempt off. */
  readonly signal: AbortSignal;
  readonly onPhase: (phase: ConnectPhase) => void;
  /** Called with an address that passed the guard, as soon as it is connected. */
  readonly onPeer: (address: string) => void;
}

const keepAliveProbeMs = 30_000;

/**
 * Resolves, judges, connects and, for https, shakes hands. Rejects with a ConnectFailure or with the network's own error;
 * nothing is left open then. The socket never goes to an address that was not judged.
 */
export async function openConnection(target: Target, options: ConnectOptions): Promise<Socket> {
  options.onPhase("resolve");
  const admission = await options.guard.admit(target);
  if (admission.kind === "refused") {
    const code = isAddressRule(admission.refusal.rule) ? "blocked_address" : "blocked_url";
    throw new ConnectFailure(code, `${admission.refusal.detail} (rule ${admission.refusal.rule})`);
  }
  if (admission.kind === "unresolved")
    throw new ConnectFailure(admission.failure, dnsDetails[admission.failure]);
  options.signal.throwIfAborted();
  options.onPhase("connect");
  return connectTo(target, admission.addresses, options);
}

const dnsDetails = {
  dns_not_found: "DNS knows no address for the receiver's host.",
  dns_failed: "DNS answered the question for the receiver's host with an error.",
  dns_timeout: "The name server did not answer in time.",
} as const;

function connectTo(
  target: Target,
  addresses: readonly IpAddress[],
  options: ConnectOptions,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = startSocket(target, pinnedLookup(addresses));
    const settle = (error: Error | null): void => {
      forget();
      options.signal.removeEventListener("abort", onAbort);
      socket.off("close", onClose);
      if (error === null) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    let phase: ConnectPhase = "connect";
    const forget = options.clock.after(options.connectTimeoutMs, () => settle(timeoutIn(phase)));
    const onAbort = (): void => settle(new ConnectFailure("connection_reset", "The attempt was broken off."));
    const onClose = (): void =>
      settle(new ConnectFailure("connection_reset", "The connection was closed at once."));
    options.signal.addEventListener("abort", onAbort);
    // The error listener stays for the socket's life, so that an error after destruction cannot end the process.
    socket.on("error", settle);
    socket.once("close", onClose);
    socket.once("connect", () => {
      const peer = socket.remoteAddress ?? "";
      if (!options.guard.isAdmitted(addresses, peer)) return settle(strayed);
      options.onPeer(peer);
      if (!target.isTls) return settle(null);
      phase = "tls";
      options.onPhase(phase);
    });
    if (target.isTls) socket.once("secureConnect", () => settle(null));
  });
}

const strayed = new ConnectFailure(
  "blocked_address",
  "The connection led to an address that was not checked.",
);

function timeoutIn(phase: ConnectPhase): ConnectFailure {
  return phase === "tls"
    ? new ConnectFailure("tls_failed", "The TLS handshake did not end in time.")
    : new ConnectFailure("connect_timeout", "The receiver did not accept the connection in time.");
}

function startSocket(target: Target, lookup: LookupFunction): Socket {
  const { hostname, port, isTls } = target;
  const common = { host: hostname, port, lookup, autoSelectFamily: true, noDelay: true } as const;
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: keepAliveProbeMs };
  if (!isTls) return connectTcp({ ...common, ...keepAlive });
  // An IP address is no server name (RFC 6066 §3), but the certificate is checked against it all the same.
  const serverName = target.literal === null ? { servername: hostname } : {};
  return connectTls({ ...common, ...keepAlive, ...serverName, ALPNProtocols: ["http/1.1"] });
}

/** Answers the socket's question for addresses with those that were judged, and with nothing else. */
export function pinnedLookup(addresses: readonly IpAddress[]): LookupFunction {
  const answers = addresses.map((address) => ({ address: formatIp(address), family: address.family }));
  return (_hostname, options, callback) => {
    const wanted = options.family === 4 || options.family === 6 ? options.family : null;
    const fitting = wanted === null ? answers : answers.filter(({ family }) => family === wanted);
    const [first] = fitting;
    if (first === undefined) {
      callback(Object.assign(new Error("no address of this family"), { code: "ENOTFOUND" }), "", 0);
    } else if (options.all === true) callback(null, fitting);
    else callback(null, first.address, first.family);
  };
}
