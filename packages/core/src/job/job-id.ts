// What may name a job: an id made here, or a UUID that the client has made itself.
import { isId } from "../id.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The id in the one spelling under which it is kept, or null when it can name no job. UUIDs of every version are taken
 * (RFC 9562 §4: read in either case, written in lower case), `job_…` as TypeIDs spell it.
 */
export function readJobId(text: string): string | null {
  if (isId("job", text)) return text;
  return uuid.test(text) ? text.toLowerCase() : null;
}
