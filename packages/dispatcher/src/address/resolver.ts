// Asks DNS for a name's addresses, over c-ares: slow names do not starve the few threads that `dns.lookup` shares with files.
import { Resolver } from "node:dns/promises";
import type { Clock } from "@ringback/core";
import { parseIp, type IpAddress } from "./ip-address.ts";

export type DnsFailure = "dns_not_found" | "dns_failed" | "dns_timeout";

export type Resolution =
  | { readonly ok: true; readonly addresses: readonly IpAddress[] }
  | { readonly ok: false; readonly failure: DnsFailure };

export interface NameResolver {
  /** Both address families. Concurrent questions for one name are asked once. Never rejects. */
  resolve(name: string): Promise<Resolution>;
}

const queryTimeoutMs = 2_000;
const queryTries = 2;
/**
 * How long the other family may lag once one has answered. Name servers that ignore AAAA questions are common, and what
 * is connected to is checked in any case.
 */
const laggardMs = 500;

/** `servers` as `dns.setServers` takes them, e.g. `127.0.0.1:5353`; none means the system's. Search domains and hosts files are not used. */
export function createResolver(options: {
  readonly servers: readonly string[];
  readonly clock: Clock;
}): NameResolver {
  const resolver = new Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  if (options.servers.length > 0) resolver.setServers(options.servers);
  const asking = new Map<string, Promise<Resolution>>();
  return {
    resolve(name) {
      const known = asking.get(name);
      if (known !== undefined) return known;
      const asked = askBoth(resolver, name, options.clock).finally(() => asking.delete(name));
      asking.set(name, asked);
      return asked;
    },
  };
}

async function askBoth(resolver: Resolver, name: string, clock: Clock): Promise<Resolution> {
  const questions = [resolutionOf(resolver.resolve4(name)), resolutionOf(resolver.resolve6(name))];
  const answers: Resolution[] = [];
  let forget = (): void => undefined;
  await new Promise<void>((resolve) => {
    const note = (answer: Resolution): void => {
      answers.push(answer);
      if (answers.length === questions.length) resolve();
      else if (answer.ok) forget = clock.after(laggardMs, resolve);
    };
    for (const question of questions) void question.then(note);
  });
  forget();
  return merge(answers);
}

async function resolutionOf(query: Promise<string[]>): Promise<Resolution> {
  try {
    const addresses = (await query).flatMap((text) => parseIp(text) ?? []);
    return addresses.length > 0 ? { ok: true, addresses } : { ok: false, failure: "dns_not_found" };
  } catch (thrown) {
    return { ok: false, failure: failureOf(thrown) };
  }
}

/** One family is enough; without any, a family that merely has no address says less than one that could not be asked. */
function merge(answers: readonly Resolution[]): Resolution {
  const addresses = answers.flatMap((answer) => (answer.ok ? answer.addresses : []));
  if (addresses.length > 0) return { ok: true, addresses };
  const failures = answers.flatMap((answer) => (answer.ok ? [] : [answer.failure]));
  return { ok: false, failure: failures.find((failure) => failure !== "dns_not_found") ?? "dns_not_found" };
}

function failureOf(thrown: unknown): DnsFailure {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : null;
  if (code === "ENOTFOUND" || code === "ENODATA") return "dns_not_found";
  return code === "ETIMEOUT" ? "dns_timeout" : "dns_failed";
}
