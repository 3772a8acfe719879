// Finds where text stops being JSON (RFC 8259). Called only after JSON.parse has refused it, whose errors give no position.

const whiteSpace = /[ \t\n\r]*/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const plainCharacters = /[^"\\\u0000-\u001f]+/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The index of the first character that cannot stand where it stands; the text's length when it ends too early.
 * Recursion is bounded by the depth limit, which the scan has enforced.
 */
export function locateJsonError(text: string): number {
  const reader = new Reader(text);
  if (reader.value()) {
    reader.skip(whiteSpace);
    return reader.at;
  }
  return reader.at;
}

/** Each method is true when what it reads is there; otherwise `at` stays where it failed. */
class Reader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(): boolean {
    this.skip(whiteSpace);
    const first = this.#text[this.at];
    if (first === '"') return this.#string();
    if (first === "{") return this.#list("}", () => this.#member());
    if (first === "[") return this.#list("]", () => this.value());
    return this.skip(scalar);
  }

  skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const isThere = pattern.test(this.#text);
    if (isThere) this.at = pattern.lastIndex;
    return isThere;
  }

  #list(close: string, item: () => boolean): boolean {
    this.at += 1;
    if (this.#takes(close)) return true;
    for (;;) {
      if (!item()) return false;
      if (this.#takes(close)) return true;
      if (!this.#takes(",")) return false;
    }
  }

  #member(): boolean {
    this.skip(whiteSpace);
    if (this.#text[this.at] !== '"' || !this.#string()) return false;
    return this.#takes(":") && this.value();
  }

  #takes(character: string): boolean {
    this.skip(whiteSpace);
    if (this.#text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  #string(): boolean {
    this.at += 1;
    while (this.skip(plainCharacters) || this.skip(escape)) continue;
    if (this.#text[this.at] !== '"') return false;
    this.at += 1;
    return true;
  }
}
