import { describe, expect, test } from "vitest";
import { createCounter, createHistogram, createReading, exposition } from "./families.ts";

const help = "Some.";

describe("Prometheus' text format", () => {
  test("a counter counts each of its label values, which are escaped", () => {
    const counter = createCounter({ name: "a_total", help, labels: ["kind", "outcome"] });
    counter.add(2, "x", "ok");
    counter.add(1, "x", "ok");
    counter.add(1, 'y"\\\n', "ok");
    expect(exposition([counter])).toBe(
      '# HELP a_total Some.\n# TYPE a_total counter\na_total{kind="x",outcome="ok"} 3\na_total{kind="y\\"\\\\\\n",outcome="ok"} 1\n',
    );
  });

  test("however many label values there are, a counter has a bounded number of series", () => {
    const counter = createCounter({ name: "a_total", help, labels: ["kind"] });
    for (let at = 0; at < 1_000; at += 1) counter.add(1, `kind-${at}`);
    expect(counter.samples()).toHaveLength(201);
    expect(counter.samples()).toContain('a_total{kind="other"} 800');
  });

  test("a histogram's buckets hold what is at most their bound", () => {
    const histogram = createHistogram({ name: "s", help }, [0.1, 1]);
    for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe(value);
    expect(histogram.samples()).toEqual([
      's_bucket{le="0.1"} 2',
      's_bucket{le="1"} 3',
      's_bucket{le="+Inf"} 4',
      "s_sum 7.65",
      "s_count 4",
    ]);
  });

  test("what cannot be read is left out", () => {
    expect(exposition([createReading({ name: "g", help }, () => null)])).toBe(
      "# HELP g Some.\n# TYPE g gauge\n",
    );
  });
});
