// Checks that are sent and not waited for: one that fails lets its transaction fail, and that is made again.
import { DatabaseError } from "pg";

/** PostgreSQL's code for a division by zero, which nothing else here can be. */
const failed = "22012";

/** A statement that fails unless this query of one number has 1 for an answer. */
export function sentCheck(query: string): string {
  return `select 1 / (${query})`;
}

/** True when what had been taken for granted was not so; nothing has been written. */
export function isFailedCheck(thrown: unknown): boolean {
  return thrown instanceof DatabaseError && thrown.code === failed;
}
