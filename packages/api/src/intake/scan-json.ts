// Looks at JSON text before JSON.parse does: how deep it is, which names stand twice, whether its escapes are Unicode,
// and where the top-level members lie, so that one of them can be kept as raw text. It takes no view of the grammar:
// that is JSON.parse's, and what the scan finds in malformed text is never used.

export interface ScanOptions {
  readonly depthMax: number;
  /** The top-level member whose inside may hold names twice, because it is forwarded and not read. */
  readonly opaque: string | null;
}

export interface ScanProblem {
  readonly code: "json-too-deep" | "json-member-twice" | "text-invalid";
  /** In UTF-16 code units from the start of the text. */
  readonly at: number;
  readonly detail: string;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type JsonScan =
  | { readonly ok: true; readonly members: ReadonlyMap<string, Range> }
  | { readonly ok: false; readonly problem: ScanProblem };

interface Container {
  /** Names seen so far; null in arrays and inside the opaque member. */
  readonly names: Set<string> | null;
  readonly isObject: boolean;
  readonly isOpaque: boolean;
  expectsName: boolean;
}

const quote = 0x22;
const backslash = 0x5c;
const [comma, colon, openBrace, closeBrace, openBracket, closeBracket] = [0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d];

/** One pass, linear, without recursion. */
export function scanJson(text: string, options: ScanOptions): JsonScan {
  const scanner = new Scanner(text, options);
  const problem = scanner.run();
  return problem === null ? { ok: true, members: scanner.members } : { ok: false, problem };
}

class Scanner {
  readonly members = new Map<string, Range>();
  readonly #text: string;
  readonly #options: ScanOptions;
  readonly #open: Container[] = [];
  #inner: Container | undefined = undefined;
  /** The top-level member being read: its name, and where its value begins (−1 before it does). */
  #name = "";
  #start = -1;
  /** Behind the last character that is no white space. */
  #end = 0;

  constructor(text: string, options: ScanOptions) {
    this.#text = text;
    this.#options = options;
  }

  run(): ScanProblem | null {
    const text = this.#text;
    let at = 0;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
        at += 1;
        continue;
      }
      let end = at + 1;
      if (code === quote) {
        const string = endOfString(text, at);
        if (typeof string !== "number") return string;
        end = string;
      }
      const problem = this.#take(code, at, end);
      if (problem !== null) return problem;
      this.#end = end;
      at = end;
    }
    return null;
  }

  #take(code: number, at: number, end: number): ScanProblem | null {
    const inner = this.#inner;
    if (inner !== undefined && code === comma) {
      this.#endMember();
      inner.expectsName = inner.isObject;
      return null;
    }
    if (code === closeBrace || code === closeBracket) {
      this.#endMember();
      this.#open.pop();
      this.#inner = this.#open.at(-1);
      return null;
    }
    if (inner?.expectsName === true && code === quote) return this.#takeName(inner, at, end);
    if (code === colon) return null;
    if (this.#open.length === 1 && this.#start === -1) this.#start = at;
    return code === openBrace || code === openBracket ? this.#enter(code === openBrace, at) : null;
  }

  #takeName(inner: Container, at: number, end: number): ScanProblem | null {
    inner.expectsName = false;
    const isTop = this.#open.length === 1;
    if (inner.names === null && !isTop) return null;
    const name = nameOf(this.#text, at, end);
    if (inner.names?.has(name) === true) {
      return {
        code: "json-member-twice",
        at,
        detail: `The name ${JSON.stringify(name.slice(0, 100))} stands twice in one object`,
      };
    }
    inner.names?.add(name);
    if (isTop) {
      this.#name = name;
      this.#start = -1;
    }
    return null;
  }

  #enter(isObject: boolean, at: number): ScanProblem | null {
    const { depthMax, opaque } = this.#options;
    if (this.#open.length >= depthMax) {
      return { code: "json-too-deep", at, detail: `The body is nested more than ${depthMax} levels deep` };
    }
    const isOpaque = this.#inner?.isOpaque === true || (this.#open.length === 1 && this.#name === opaque);
    this.#inner = {
      names: isObject && !isOpaque ? new Set() : null,
      isObject,
      isOpaque,
      expectsName: isObject,
    };
    this.#open.push(this.#inner);
    return null;
  }

  #endMember(): void {
    if (this.#open.length !== 1 || this.#start === -1 || this.#inner?.isObject !== true) return;
    this.members.set(this.#name, { start: this.#start, end: this.#end });
    this.#start = -1;
  }
}

/** The position behind the closing quote (or the text's end), or what is wrong with an escape. */
function endOfString(text: string, start: number): number | ScanProblem {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code !== backslash) at += 1;
    else if (text.charCodeAt(at + 1) === 0x75) {
      const length = escapeLength(text, at);
      if (typeof length !== "number") return length;
      at += length;
    } else at += 2;
  }
  return at;
}

/** How many characters the `\u` escape at `at` takes: 6, or 12 when it begins a surrogate pair. */
function escapeLength(text: string, at: number): number | ScanProblem {
  const unit = escapedUnit(text, at);
  if (unit === 0) return { code: "text-invalid", at, detail: "The escape \\u0000 cannot be stored as text" };
  if (Number.isNaN(unit) || unit < 0xd800 || unit > 0xdfff) return 6;
  const next = text.startsWith("\\u", at + 6) ? escapedUnit(text, at + 6) : Number.NaN;
  if (unit <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) return 12;
  return { code: "text-invalid", at, detail: "The escape is one half of a surrogate pair" };
}

/** NaN when four hexadecimal digits do not follow; JSON.parse will say so. */
function escapedUnit(text: string, at: number): number {
  const digits = text.slice(at + 2, at + 6);
  return /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
}

/** A name as it is meant: `"a"` and `"\u0061"` are the same one. */
function nameOf(text: string, at: number, end: number): string {
  const inside = text.slice(at + 1, end - 1);
  if (!inside.includes("\\")) return inside;
  try {
    return JSON.parse(text.slice(at, end)) as string;
  } catch {
    return inside;
  }
}
