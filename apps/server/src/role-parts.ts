// What a process of each role does. The roles share nothing but the database.
import type { Role } from "./config/settings.ts";

export interface RoleParts {
  /** Answers requests under /v1; every process answers its own probes. */
  readonly requests: boolean;
  /** Runs jobs. */
  readonly jobs: boolean;
  /** Calls receivers. */
  readonly lanes: boolean;
}

export function partsOf(role: Role): RoleParts {
  return {
    requests: role === "all" || role === "api",
    jobs: role === "all" || role === "runner",
    lanes: role === "all" || role === "dispatcher",
  };
}
