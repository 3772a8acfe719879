// ETags are versions; If-None-Match is compared weakly, as RFC 9110 §13.1.2 says for GET.

export function etagOf(version: number): string {
  return `"${version}"`;
}

/** True when the client's `If-None-Match` names `etag`: alone, in a list, as `W/"…"`, or by `*`. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag) return true;
  return ifNoneMatch.split(",").some((entry) => {
    const candidate = entry.trim();
    return candidate === "*" || candidate === etag || candidate === `W/${etag}`;
  });
}
