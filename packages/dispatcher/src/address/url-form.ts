// What a receiver's URL must look like before anybody asks where it leads. Everything is judged on what the URL parser
// (the one that later connects, too) made of the text, never on the text itself.
import { isPrivateName, refuseName } from "./host-name.ts";
import { parseIp, type IpAddress } from "./ip-address.ts";
import { isReceiverPort } from "./port.ts";
import type { Refusal, Rule } from "./refusal.ts";

/** Where to connect. */
export interface Target {
  readonly isTls: boolean;
  /** Lower case, without brackets. */
  readonly hostname: string;
  /** Set when the host is an IP literal. */
  readonly literal: IpAddress | null;
  readonly port: number;
  /** Set when this may be called only inside an allowed network, with the reason why not elsewhere. */
  readonly unlessAllowed: Refusal | null;
}

export interface ReceiverUrl {
  /** The canonical form. */
  readonly url: string;
  readonly origin: string;
  readonly host: string;
  /** Path and query: what the request line names. */
  readonly path: string;
  readonly target: Target;
}

export type UrlForm =
  | { readonly ok: true; readonly receiver: ReceiverUrl }
  | { readonly ok: false; readonly refusal: Refusal };

/** Characters. */
export const urlLengthMax = 2_048;
const suspicious = /[^\u0021-\u007e]|\\/;
const authority = /^https?:\/\/(?<authority>[^/?#\\]+)/i;

/** Judges the text of a URL. `allowHttp` lets plain http through everywhere; otherwise it needs an allowed network. */
export function parseReceiverUrl(text: string, options: { readonly allowHttp: boolean }): UrlForm {
  if (typeof text !== "string" || text.length > urlLengthMax) {
    return refused("url-length", `The URL must be text of at most ${urlLengthMax} characters.`);
  }
  const url = URL.parse(text);
  if (url === null) return refused("url-invalid", "The text is not an absolute URL.");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return refused("scheme", "The URL must begin with https://.");
  }
  const problem = spellingProblem(text, url);
  if (problem !== null) return { ok: false, refusal: problem };
  const hostname = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  const literal = parseIp(hostname);
  const nameProblem = literal === null ? refuseName(hostname) : null;
  if (nameProblem !== null) return { ok: false, refusal: nameProblem };
  const isTls = url.protocol === "https:";
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  const unlessAllowed = allowanceNeeded({ isTls, hostname, literal, port }, options.allowHttp);
  const target = { isTls, hostname, literal, port, unlessAllowed };
  const { href, origin, host, pathname, search } = url;
  return { ok: true, receiver: { url: href, origin, host, path: pathname + search, target } };
}

/** Refuses what the parser repairs or drops in silence, so that what was registered is what will be called. */
function spellingProblem(text: string, url: URL): Refusal | null {
  if (url.username !== "" || url.password !== "") {
    return refusal("url-userinfo", "The URL must not hold a user name or password; use a header instead.");
  }
  if (text.includes("#")) return refusal("url-fragment", "The URL must not have a fragment (#…).");
  if (suspicious.test(text) && url.href !== text) {
    return refusal(
      "url-characters",
      "The URL must be plain ASCII without spaces, control characters or backslashes; write an international host in its xn-- form.",
    );
  }
  const written = authority.exec(text)?.groups?.["authority"];
  if (written === undefined) return refusal("url-invalid", "The URL must be written as https://host/path.");
  if (written.includes("%")) return refusal("url-characters", "The host must not be percent-encoded.");
  if (written.includes("@")) return refusal("url-userinfo", "The URL must not hold a user name or password.");
  return null;
}

function allowanceNeeded(target: Omit<Target, "unlessAllowed">, allowHttp: boolean): Refusal | null {
  if (target.literal === null && isPrivateName(target.hostname)) {
    return refusal(
      "private-name",
      "The host is a name of a private network. To call private receivers, list their network in RINGBACK_ALLOW_NETWORKS.",
    );
  }
  if (!target.isTls && !allowHttp) {
    return refusal(
      "scheme",
      "The URL must begin with https://; plain http is only for receivers inside RINGBACK_ALLOW_NETWORKS.",
    );
  }
  if (!isReceiverPort(target.port)) {
    return refusal(
      "port",
      `Port ${target.port} is not one that receivers use; use 443, or list the receiver in RINGBACK_ALLOW_NETWORKS.`,
    );
  }
  return null;
}

function refusal(rule: Rule, detail: string): Refusal {
  return { rule, detail };
}

function refused(rule: Rule, detail: string): UrlForm {
  return { ok: false, refusal: refusal(rule, detail) };
}
