// What the routes share: the deps with their settings filled in, and what is made once of them.
import type { ApiDeps, ApiSettings } from "../api-deps.ts";
import type { Waiters } from "../feed/waiters.ts";
import type { IntakeGate } from "../intake/intake-gate.ts";
import type { ListQueries } from "../schemas/list-queries.ts";
import type { Cursors } from "../tokens/cursors.ts";
import type { ResultLinks } from "../tokens/result-links.ts";

export interface RouteDeps extends Omit<ApiDeps, "settings"> {
  readonly settings: ApiSettings;
  readonly cursors: Cursors;
  readonly resultLinks: ResultLinks;
  readonly waiters: Waiters;
  readonly intakeGate: IntakeGate;
  readonly queries: ListQueries;
}
