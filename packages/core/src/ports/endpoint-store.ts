// The store's part for registered endpoints: making, changing, pausing, trying out and deleting them, and rotating what they
// are signed with.
import type { Delivery } from "../delivery/delivery.ts";
import type { Endpoint, EndpointChange, EndpointStatus, PauseReason } from "../endpoint/endpoint.ts";
import type { Act } from "../tenant/audit.ts";
import type { Instant } from "./time.ts";

/** Every method answers null when the tenant has no such endpoint, or has deleted it. */
export interface EndpointStore {
  createEndpoints(items: readonly NewEndpoint[], now: Instant, act?: Act): Promise<Endpoint[]>;
  /**
   * Changes what is given and leaves the rest, unless somebody has changed the endpoint since `seen`, its `updatedAt`: then it
   * is `conflict` and nothing is written. The next attempt goes by what is new. With a secret, that one alone signs from now.
   */
  changeEndpoint(
    key: EndpointKey,
    asked: {
      readonly change: EndpointChange;
      readonly seen: Instant;
      readonly secret: EndpointSecret | null;
      readonly now: Instant;
    },
    act?: Act,
  ): Promise<Endpoint | "conflict" | null>;
  /** Resuming rings its lane, and forgets how its receiver has failed. */
  setEndpointStatus(
    key: EndpointKey,
    status: { readonly status: EndpointStatus; readonly reason: PauseReason | null },
    now: Instant,
    act?: Act,
  ): Promise<Endpoint | null>;
  /** Makes the new secret active at once; the earlier ones sign too until `overlapUntil`. */
  rotateEndpointSecret(
    key: EndpointKey,
    rotation: EndpointSecret & { readonly overlapUntil: Instant; readonly now: Instant },
    act?: Act,
  ): Promise<Endpoint | null>;
  /**
   * Owes it an `endpoint.test` that is due now, on a lane of its own: neither a pause nor what else is owed holds it up. One
   * attempt decides it, and it never becomes a dead letter.
   */
  testEndpoint(key: EndpointKey, now: Instant, act?: Act): Promise<Delivery | null>;
  /**
   * Deletes it with its secrets, and cancels what it is owed, in bounded transactions; what a crash leaves of that, `expire`
   * goes on with. An attempt in flight ends as delivered or canceled, whatever it brings.
   */
  deleteEndpoint(key: EndpointKey, now: Instant, act?: Act): Promise<DeletedEndpoint | null>;
}

export interface EndpointKey {
  readonly tenantId: string;
  readonly endpointId: string;
}

/** Its first signing secret, and its public key if it is a pair. */
export interface EndpointSecret {
  /** `whsec_…`, or `whsk_…` of a pair. */
  readonly secret: string;
  /** `whpk_…`. */
  readonly publicKey: string | null;
}

export interface NewEndpoint
  extends
    Omit<Endpoint, "status" | "pausedReason" | "createdAt" | "updatedAt" | "publicKeys">,
    EndpointSecret {
  readonly host: string;
}

export interface DeletedEndpoint {
  /** Pending deliveries that were canceled. */
  readonly canceled: number;
  /** Those whose attempt was in flight; each ends with it. */
  readonly inFlight: number;
}
