// The trace a request belongs to: its own span's while spans are made, else the one that it came with.
import type { OpenCall } from "../routes/route.ts";

/** W3C Trace Context, level 1; anything else is left out, as the specification says. */
export function readTraceparent(header: string | undefined): string | null {
  return header !== undefined && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(header)
    ? header
    : null;
}

/** What a job of this request keeps. */
export function traceparentOf({ submission, request }: OpenCall): string | null {
  return submission?.traceparent ?? readTraceparent(request.header("traceparent"));
}
