// What every transition stands on. One per open store.
import type { Random } from "@ringback/core";
import type { Effects } from "../effects.ts";
import type { Sealing } from "../sealing.ts";
import type { EndpointMemory } from "./endpoint-book.ts";
import type { Client } from "./rows.ts";

export interface Ground {
  readonly client: Client;
  readonly random: Random;
  readonly sealing: Sealing;
  readonly effects: Effects;
  readonly endpoints: EndpointMemory;
}
