// All reads, and what a read says when the store is out of reach. Twin file: byte-identical for every dialect.
import type { ReadStore, StoreUnavailable } from "@ringback/core";
import type { Sealing } from "../sealing.ts";
import type { Database } from "./columns.ts";
import { createDeadLetterReads } from "./reads/dead-letters.ts";
import { createDeliveryReads } from "./reads/deliveries.ts";
import { createEndpointReads } from "./reads/endpoints.ts";
import { createEventReads } from "./reads/events.ts";
import { createJobReads } from "./reads/jobs.ts";
import { createKeyReads, type KeyReads } from "./reads/keys.ts";
import { createLookReads } from "./reads/looks.ts";
import { createReplayReads } from "./reads/replays.ts";
import { createSealReads, type SealReads } from "./reads/seals.ts";
import { createTenantReads, type TenantReads } from "./reads/tenants.ts";

export interface Reads {
  readonly reads: ReadStore;
  readonly tenants: KeyReads & TenantReads;
  readonly seals: SealReads;
}

export function createReads(
  database: Database,
  sealing: Sealing,
  asUnavailable: (thrown: unknown) => StoreUnavailable | null,
): Reads {
  const reads: ReadStore = {
    ...createJobReads(database),
    ...createLookReads(database),
    ...createEventReads(database),
    ...createEndpointReads(database, sealing),
    ...createDeliveryReads(database),
    ...createDeadLetterReads(database),
    ...createReplayReads(database),
  };
  const tenants = { ...createKeyReads(database), ...createTenantReads(database) };
  return {
    reads: refusing(reads, asUnavailable),
    tenants: refusing(tenants, asUnavailable),
    seals: refusing(createSealReads(database), asUnavailable),
  };
}

/** The same reads, but what the database is to blame for rejects as StoreUnavailable. */
function refusing<Members extends object>(
  members: Members,
  asUnavailable: (thrown: unknown) => StoreUnavailable | null,
): Members {
  const refused = Object.entries(members).map(([name, read]) => {
    const ask = read as (...values: readonly unknown[]) => Promise<unknown>;
    const asked = async (...values: readonly unknown[]): Promise<unknown> => {
      try {
        return await ask(...values);
      } catch (thrown) {
        throw asUnavailable(thrown) ?? thrown;
      }
    };
    return [name, asked] as const;
  });
  return Object.fromEntries(refused) as Members;
}
