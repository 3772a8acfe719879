// What every transition stands on. One per open store.
import type { Random } from "@ringback/core";
import type { Effects } from "../effects.ts";
import type { Sealing } from "../sealing.ts";
import type { EndpointMemory } from "./endpoint-book.ts";
import type { JobCounts } from "./job-counts.ts";
import type { Client } from "./rows.ts";
import type { TenantBook } from "./tenant-book.ts";

export interface Ground {
  readonly client: Client;
  readonly random: Random;
  readonly sealing: Sealing;
  readonly effects: Effects;
  readonly endpoints: EndpointMemory;
  readonly tenants: TenantBook;
  readonly counts: JobCounts;
}
