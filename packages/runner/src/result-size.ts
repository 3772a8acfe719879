// Looks over a result before it is written as JSON: whether it is plainly too large, and where it cannot be written.
// `JSON.stringify` alone would first build the text, and a hundred shared references can make that gigabytes.

export type ResultSize =
  | { readonly kind: "fits" }
  /** `bytes` is a lower bound. */
  | { readonly kind: "too_large"; readonly bytes: number }
  | { readonly kind: "unwritable"; readonly path: string; readonly why: string };

/** Deeper results are refused, since readers' parsers give up on them. */
export const resultDepthMax = 1_000;

/** ECMAScript's "JSON.parse source text access", which TypeScript's library does not know yet. */
interface RawJsonTest {
  /** True for what `JSON.rawJSON` makes: an object that `JSON.stringify` writes as the text it was made of. */
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

const json = JSON as unknown as RawJsonTest;

interface Walk {
  readonly bytesMax: number;
  readonly above: Set<object>;
  readonly keys: (string | number)[];
  bytes: number;
}

/**
 * Walks what `JSON.stringify` would, except through `toJSON`, and stops as soon as the lower bound is above `bytesMax`.
 * May throw what the value's own getters throw.
 */
export function measureResult(value: unknown, bytesMax: number): ResultSize {
  const walk: Walk = { bytesMax, above: new Set(), keys: [], bytes: 0 };
  const why = problemOf(walk, value);
  if (why !== null) return { kind: "unwritable", path: pathOf(walk), why };
  return walk.bytes > bytesMax ? { kind: "too_large", bytes: walk.bytes } : { kind: "fits" };
}

/** Null when nothing is wrong, also when the walk stopped because of the size. Leaves `keys` at the problem. */
function problemOf(walk: Walk, value: unknown): string | null {
  if (typeof value === "string") walk.bytes += value.length + 2;
  else if (typeof value === "object" && value !== null) return problemOfObject(walk, value);
  else if (typeof value === "bigint" && !("toJSON" in BigInt.prototype))
    return "is a BigInt, which JSON does not have";
  else walk.bytes += 1;
  return null;
}

function problemOfObject(walk: Walk, value: object): string | null {
  if (ArrayBuffer.isView(value)) {
    // As JSON every element becomes at least a digit and a comma; naming a hundred million of them is not tried.
    walk.bytes += 2 * ((value as { readonly length?: number }).length ?? 0) + 2;
    return null;
  }
  if (json.isRawJSON(value)) {
    walk.bytes += value.rawJSON.length;
    return null;
  }
  if (typeof (value as { readonly toJSON?: unknown }).toJSON === "function") return null;
  if (walk.above.has(value)) return "refers back to something it is part of";
  if (walk.above.size >= resultDepthMax) return `is nested deeper than ${resultDepthMax} levels`;
  walk.above.add(value);
  const why = Array.isArray(value) ? problemOfArray(walk, value) : problemOfMembers(walk, value);
  if (why === null) walk.above.delete(value);
  return why;
}

function problemOfArray(walk: Walk, items: readonly unknown[]): string | null {
  const separators = items.length + 1;
  // Every item takes at least a byte, so a sparse array of a billion is known to be too large without a look inside.
  if (walk.bytes + separators + items.length > walk.bytesMax) {
    walk.bytes += separators + items.length;
    return null;
  }
  walk.bytes += separators;
  for (let at = 0; at < items.length && walk.bytes <= walk.bytesMax; at += 1) {
    walk.keys.push(at);
    const why = problemOf(walk, items[at]);
    if (why !== null) return why;
    walk.keys.pop();
  }
  return null;
}

function problemOfMembers(walk: Walk, value: object): string | null {
  walk.bytes += 2;
  for (const key of Object.keys(value)) {
    if (walk.bytes > walk.bytesMax) return null;
    const member: unknown = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined || typeof member === "function" || typeof member === "symbol") continue;
    walk.bytes += key.length + 3;
    walk.keys.push(key);
    const why = problemOf(walk, member);
    if (why !== null) return why;
    walk.keys.pop();
  }
  return null;
}

/** A JSON pointer (RFC 6901) below the result, shortened in the middle when it is long. */
function pathOf(walk: Walk): string {
  const steps = walk.keys.map(
    (key) => `/${String(key).slice(0, 100).replaceAll("~", "~0").replaceAll("/", "~1")}`,
  );
  return steps.length <= 16 ? steps.join("") : `${steps.slice(0, 8).join("")}/…${steps.slice(-8).join("")}`;
}
