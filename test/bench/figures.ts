// All figures, in the order of the table.
import type { Figure } from "./figure.ts";
import { accepted } from "./figures/accepted.ts";
import { deadLetters } from "./figures/dead-letters.ts";
import { deliveries } from "./figures/deliveries.ts";
import { endToEnd } from "./figures/end-to-end.ts";
import { growth } from "./figures/growth.ts";
import { isolation } from "./figures/isolation.ts";
import { latency } from "./figures/latency.ts";
import { memory } from "./figures/memory.ts";
import { pollingClients } from "./figures/polling-clients.ts";
import { polls } from "./figures/polls.ts";
import { retention } from "./figures/retention.ts";

export const figures: readonly Figure[] = [
  accepted,
  polls,
  deliveries,
  endToEnd,
  latency,
  isolation,
  growth,
  memory,
  pollingClients,
  deadLetters,
  retention,
];
