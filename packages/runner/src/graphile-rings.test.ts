import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Ring } from "@ringback/core";
import { laneOfPayload, ringStatement } from "./graphile-rings.ts";
import { graphileMigration } from "./graphile-schema.ts";
import { createManualClock } from "./testing/manual-clock.ts";

const clock = createManualClock();
const now = clock.now();
const lane = { kind: "lane", tenantId: "t", laneId: "https://a.example" } as const;

function specsOf(rings: readonly Ring[]): readonly unknown[] {
  const statement = ringStatement(rings, clock);
  return statement === null ? [] : (JSON.parse(String(statement.values[0])) as unknown[]);
}

describe("rings inside a transaction", () => {
  test("a lane's ring has the lane as its key, and the ring for jobs has none", () => {
    expect(
      specsOf([
        { kind: "jobs", at: now },
        { ...lane, at: now },
      ]),
    ).toEqual([
      { task: "ring_jobs", payload: {}, at: null, key: null },
      {
        task: "ring_lane",
        payload: { tenantId: "t", laneId: "https://a.example" },
        at: null,
        key: "t https://a.example",
      },
    ]);
  });

  test("no key stands twice in one statement, which graphile-worker would refuse", () => {
    const rings: Ring[] = [0, -5, 300, 700, 1_200].map((late) => ({ ...lane, at: now + late }));
    const keys = specsOf(rings).map((spec) => (spec as { readonly key: string }).key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(specsOf([0, -1, -2].map((late): Ring => ({ kind: "jobs", at: now + late })))).toHaveLength(1);
  });

  test("what is far away is left to the sweep, what is held to its holder, a cancel to the store's channel", () => {
    expect(
      ringStatement(
        [
          { kind: "jobs", at: now + 3_600_000 },
          { ...lane, at: now + 3_600_000 },
          { ...lane, at: now, held: true },
          { kind: "cancel", tenantId: "t", jobId: "job_1" },
        ],
        clock,
      ),
    ).toBeNull();
  });

  test("a payload that is not ours names no lane", () => {
    for (const payload of [null, 1, "x", {}, { tenantId: 1, laneId: "l" }])
      expect(laneOfPayload(payload)).toBeNull();
    expect(laneOfPayload({ tenantId: "t", laneId: "l", more: 1 })).toEqual({ tenantId: "t", laneId: "l" });
  });
});

test("the pinned migration is the last one that graphile-worker brings", () => {
  const entry = createRequire(import.meta.url).resolve("graphile-worker");
  const numbers = readdirSync(join(dirname(entry), "..", "sql")).map((file) => Number(file.slice(0, 6)));
  expect(Math.max(...numbers)).toBe(graphileMigration);
});
