// Which events somebody wants to hear of.

/** Patterns of event types, such as `job.succeeded` or `job.*`. */
export type EventPatterns = readonly string[];

/** True when one of the patterns matches; `*` stands for any run of characters. Linear in the type's length per `*`. */
export function matchesEvent(patterns: EventPatterns, type: string): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, type));
}

function matchesPattern(pattern: string, type: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  if (parts.length === 1) return pattern === type;
  const last = parts.at(-1) ?? "";
  if (!type.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = type.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return type.length - last.length >= at && type.endsWith(last);
}
