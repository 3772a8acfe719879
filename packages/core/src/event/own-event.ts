// The types of events that an operator's own programs tell, beside those that Ringback tells of itself.

/** First words of types that only Ringback tells: who hears `job.failed` may rely on a job that failed. */
export const reservedEventNouns = ["job", "endpoint", "delivery"] as const;

export const eventTypeLengthMax = 100;

/** Words with dots between them, in the letters that patterns know: `invoice.paid`, `report_v2.ready`. */
const shape = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/** Why this cannot be the type of an operator's own event; null when it can. */
export function ownEventTypeProblem(type: string): string | null {
  if (type.length > eventTypeLengthMax) return `may have ${eventTypeLengthMax} characters`;
  if (!shape.test(type))
    return "must be words of a-z, 0-9, _ and - with dots between them, such as invoice.paid";
  const [first] = type.split(".");
  const reserved = reservedEventNouns.find((noun) => noun === first);
  return reserved === undefined
    ? null
    : `begins with ${reserved}, as the types that Ringback itself tells do`;
}
