// Counters, histograms and gauges, and how Prometheus reads them: the text format 0.0.4.
//
// Counting is one look-up in a map. No family has labels without a bound: beyond `seriesMax` whatever is new counts as `other`.

/** Values of the labels, in the order of their names. */
export type LabelValues = readonly string[];

export interface Family {
  readonly name: string;
  readonly type: "counter" | "histogram" | "gauge";
  readonly help: string;
  readonly labels: readonly string[];
  /** The lines of its samples; none while there is nothing to say. */
  samples(): readonly string[];
}

export interface Counter extends Family {
  add(count: number, ...labels: LabelValues): void;
}

export interface Histogram extends Family {
  observe(value: number): void;
}

interface About {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

const seriesMax = 200;

export function createCounter({ name, help, labels = [] }: About): Counter {
  const series = new Map<string, { readonly values: LabelValues; count: number }>();
  return {
    name,
    type: "counter",
    help,
    labels,
    add(count, ...values) {
      const key = values.join("\n");
      const known = series.get(key);
      if (known !== undefined) known.count += count;
      else if (series.size < seriesMax || values[0] === "other") series.set(key, { values, count });
      else this.add(count, "other", ...values.slice(1));
    },
    samples: () => {
      if (labels.length === 0 && series.size === 0) return [sample(name, [], 0)];
      return [...series.values()].map(({ values, count }) => sample(name, pairs(labels, values), count));
    },
  };
}

/** What a histogram has seen. `bounds` are the upper ends of its buckets, ascending; one without an end comes after them. */
export interface Seen {
  readonly bounds: readonly number[];
  /** Values of each bucket alone. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export function createHistogram(about: About, bounds: readonly number[]): Histogram {
  const counts = bounds.map(() => 0);
  const seen = { bounds, counts, sum: 0, count: 0 };
  return {
    ...createTold(about, seen),
    observe(value) {
      seen.sum += value;
      seen.count += 1;
      const at = bounds.findIndex((bound) => value <= bound);
      if (at !== -1) counts[at] = (counts[at] ?? 0) + 1;
    },
  };
}

/** A histogram of what somebody else has seen, as it is when it is asked for. */
export function createTold({ name, help }: About, seen: Seen): Family {
  return {
    name,
    type: "histogram",
    help,
    labels: [],
    samples() {
      let below = 0;
      const buckets = seen.bounds.map((bound, at) => {
        below += seen.counts[at] ?? 0;
        return sample(`${name}_bucket`, [["le", String(bound)]], below);
      });
      const all = sample(`${name}_bucket`, [["le", "+Inf"]], seen.count);
      return [...buckets, all, sample(`${name}_sum`, [], seen.sum), sample(`${name}_count`, [], seen.count)];
    },
  };
}

/** Reads its value when it is asked for; null says that there is none. `type` is `counter` for what only grows. */
export function createReading(
  { name, help, labels = [] }: About,
  read: () => number | null | readonly (readonly [string, number])[],
  type: "gauge" | "counter" = "gauge",
): Family {
  return {
    name,
    type,
    help,
    labels,
    samples() {
      const value = read();
      if (value === null) return [];
      if (typeof value === "number") return [sample(name, [], value)];
      return value.map(([label, one]) => sample(name, pairs(labels, [label]), one));
    },
  };
}

export function exposition(families: readonly Family[]): string {
  const lines = families.flatMap((family) => [
    `# HELP ${family.name} ${family.help}`,
    `# TYPE ${family.name} ${family.type}`,
    ...family.samples(),
  ]);
  return `${lines.join("\n")}\n`;
}

function pairs(names: readonly string[], values: LabelValues): (readonly [string, string])[] {
  return names.map((name, at) => [name, values[at] ?? ""]);
}

function sample(name: string, labels: readonly (readonly [string, string])[], value: number): string {
  if (labels.length === 0) return `${name} ${value}`;
  return `${name}{${labels.map(([label, text]) => `${label}="${escaped(text)}"`).join(",")}} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
