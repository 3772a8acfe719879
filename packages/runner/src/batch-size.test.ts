import { describe, expect, test } from "vitest";
import { createBatchSize } from "./batch-size.ts";

describe("the batches of the retention", () => {
  test("grow while they are short, to 200 rows and no further", () => {
    const batch = createBatchSize();
    const seen = [batch.rows];
    for (const ms of [1, 2, 4, 3]) {
      batch.took(ms);
      seen.push(batch.rows);
    }
    expect(seen).toEqual([50, 100, 200, 200, 200]);
  });

  test("stay as they are while they take about what they should", () => {
    const batch = createBatchSize();
    for (const ms of [5, 8, 10]) batch.took(ms);
    expect(batch.rows).toBe(50);
  });

  test("shrink at once after one that took long, as far as it takes, and never to nothing", () => {
    const batch = createBatchSize();
    batch.took(1);
    batch.took(1);
    expect(batch.rows).toBe(200);
    batch.took(11);
    expect(batch.rows).toBe(100);
    batch.took(40);
    expect(batch.rows).toBe(25);
    batch.took(10_000);
    expect(batch.rows).toBe(20);
  });
});
