// How one setting is described: its name, unit, default, bounds and meaning, and how its text becomes a value.

export type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

export interface Setting<Value> {
  /** What the README's table shows as unit or form. */
  readonly unit: string;
  /** As the README shows it; the value itself is `parse(undefined)`'s. */
  readonly fallback: string;
  readonly bounds: string;
  readonly meaning: string;
  /** `undefined` when the variable is unset or empty. A problem says what to do, and never repeats a secret. */
  parse(text: string | undefined): Parsed<Value>;
}

interface Described {
  readonly unit?: string;
  readonly bounds?: string;
  readonly meaning: string;
}

/** A whole number within bounds. */
export function wholeNumber(
  options: {
    readonly fallback: number;
    readonly min: number;
    readonly max: number;
    readonly unit: string;
  } & Described,
): Setting<number> {
  const { fallback, min, max, unit, meaning } = options;
  return {
    unit,
    fallback: String(fallback),
    bounds: `${min} … ${max}`,
    meaning,
    parse(text) {
      if (text === undefined) return { value: fallback };
      const value = Number(text);
      const isValid = /^\d{1,15}$/.test(text) && value >= min && value <= max;
      return isValid
        ? { value }
        : { problem: `must be a whole number from ${min} to ${max} (${unit}), not "${text}"` };
    },
  };
}

/** A whole number within bounds, or null when it is not given. */
export function optionalWholeNumber(
  options: { readonly min: number; readonly max: number; readonly unit: string } & Described,
): Setting<number | null> {
  const { min } = options;
  const whole = wholeNumber({ ...options, fallback: min });
  return {
    ...whole,
    fallback: "",
    parse: (text) => (text === undefined ? { value: null } : whole.parse(text)),
  };
}

/** One of a few words. */
export function oneOf<Word extends string>(
  options: { readonly words: readonly Word[]; readonly fallback: Word } & Described,
): Setting<Word> {
  const { words, fallback, meaning } = options;
  return {
    unit: "word",
    fallback,
    bounds: words.join(", "),
    meaning,
    parse(text) {
      if (text === undefined) return { value: fallback };
      const value = words.find((word) => word === text);
      return value === undefined
        ? { problem: `must be one of ${words.join(", ")}, not "${text}"` }
        : { value };
    },
  };
}

/** `true` or `false`. */
export function flag(options: { readonly fallback: boolean } & Described): Setting<boolean> {
  const word = oneOf({
    words: ["true", "false"],
    fallback: options.fallback ? "true" : "false",
    meaning: options.meaning,
  });
  return {
    ...word,
    parse(text) {
      const parsed = word.parse(text);
      return "problem" in parsed ? parsed : { value: parsed.value === "true" };
    },
  };
}

interface Text<Value> extends Described {
  readonly unit: string;
  readonly read: (text: string) => Parsed<Value>;
}

/** Text with a reader of its own; null when it is not given. */
export function optionalText<Value>(options: Text<Value>): Setting<Value | null> {
  const { unit, meaning, bounds = "", read } = options;
  return {
    unit,
    fallback: "",
    bounds,
    meaning,
    parse: (given) => (given === undefined ? { value: null } : read(given)),
  };
}

/** Text with a reader of its own and a default that is read in the same way. */
export function text<Value>(options: Text<Value> & { readonly fallback: string }): Setting<Value> {
  const { unit, meaning, fallback, bounds = "", read } = options;
  return { unit, fallback, bounds, meaning, parse: (given) => read(given ?? fallback) };
}

/** A comma-separated list; empty without text. */
export function list<Item>(
  options: { readonly unit: string; readonly read: (item: string, at: number) => Parsed<Item> } & Described,
): Setting<readonly Item[]> {
  const { unit, meaning, bounds = "" } = options;
  return {
    unit,
    fallback: "",
    bounds,
    meaning,
    parse(given) {
      const items = (given ?? "")
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
      const parsed = items.map((item, at) => options.read(item, at));
      const problems = parsed.flatMap((each) => ("problem" in each ? [each.problem] : []));
      if (problems.length > 0) return { problem: problems.join("; ") };
      return { value: parsed.flatMap((each) => ("value" in each ? [each.value] : [])) };
    },
  };
}
