// Why a receiver may not be called: a stable rule for machines and a sentence for people.

/** The closed list of rules. */
export type Rule =
  | "url-invalid"
  | "url-length"
  | "url-characters"
  | "url-userinfo"
  | "url-fragment"
  | "scheme"
  | "port"
  | "host-form"
  | "private-name"
  | "private-address"
  | "metadata-address"
  | "own-address";

export interface Refusal {
  readonly rule: Rule;
  /** What is wrong and what to do; never an address that a name resolved to. */
  readonly detail: string;
}

/** True when the address is what is wrong, and not the URL as it is written. */
export function isAddressRule(rule: Rule): boolean {
  return rule === "private-address" || rule === "metadata-address" || rule === "own-address";
}
