// Names a request in its answer and in the log, so that both can be found from either.
import type { Random } from "@ringback/core";

const sane = /^[\w-]{1,64}$/;

/** The client's own `x-request-id` when it is 1 to 64 letters, digits, `_` or `-`; otherwise a new one. */
export function requestIdOf(given: string | undefined, random: Random): string {
  return given !== undefined && sane.test(given) ? given : makeRequestId(random);
}

/** `req_` and 96 random bits. */
export function makeRequestId(random: Random): string {
  return `req_${Buffer.from(random.bytes(12)).toString("base64url")}`;
}
