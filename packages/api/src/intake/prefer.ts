// Reads the Prefer header (RFC 7240): how long the client is ready to wait, and whether it wants to be answered at once.

export interface Preferences {
  /** Seconds; null when it did not say, or said something that is no number of seconds. */
  readonly waitSeconds: number | null;
  readonly respondAsync: boolean;
}

/** The longest wait of one request; a longer one is cut to this, and `Preference-Applied` says so. */
export const waitSecondsMax = 60;

const token = /^([!#$%&'*+.^_`|~\w-]+)[ \t]*(?:=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w-]*)))?$/;

/** Names count in any case, the first of two equal ones is taken, and what is not understood is ignored (RFC 7240 §2). */
export function preferencesOf(header: string | undefined): Preferences {
  const given = new Map<string, string>();
  for (const preference of splitOutsideQuotes(header ?? "", ",")) {
    // What follows a semicolon only says more about the preference before it.
    const [first = ""] = splitOutsideQuotes(preference, ";");
    const [matched, name = "", quoted, plain] = token.exec(first.trim()) ?? [];
    if (matched !== undefined && !given.has(name.toLowerCase()))
      given.set(name.toLowerCase(), quoted ?? plain ?? "");
  }
  const wait = given.get("wait") ?? "";
  const waitSeconds = /^\d{1,9}$/.test(wait) ? Math.min(Number(wait), waitSecondsMax) : null;
  return { waitSeconds: waitSeconds === 0 ? null : waitSeconds, respondAsync: given.has("respond-async") };
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let [start, isQuoted] = [0, false];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\" && isQuoted) at += 1;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (text[at] === separator && !isQuoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
