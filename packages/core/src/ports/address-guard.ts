// The port of the address guard: one piece of code says where Ringback may connect, for callbacks and the http kind alike.

export type UrlVerdict =
  | {
      readonly ok: true;
      /** The canonical form, which is what is stored and called. */
      readonly url: string;
      /** scheme, host and port; deliveries to one origin share a lane. */
      readonly origin: string;
      /** host, with the port unless it is the scheme's own. */
      readonly host: string;
    }
  | {
      readonly ok: false;
      /** The rule that refused it, e.g. `private-address`; stable, for machines. */
      readonly rule: string;
      /** One sentence for people, with what to do. Never an address that a name resolved to. */
      readonly detail: string;
    };

export interface AddressGuard {
  /**
   * Judges a URL at registration: its form, its name, and the addresses the name has now. A name that cannot be resolved
   * at the moment is let through, since the same rules hold again at every connect. Never throws.
   */
  checkUrl(url: string): Promise<UrlVerdict>;
}
