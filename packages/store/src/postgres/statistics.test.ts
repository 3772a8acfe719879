// What PostgreSQL's planner knows of a new database, while nobody but the store tells it anything.
import type { Pool } from "pg";
import { describe, expect, it } from "vitest";
import { openScene } from "../conformance/scene.ts";
import { systemClock, useCluster } from "../testing/postgres-ground.ts";
import { quiet } from "../testing/sqlite-ground.ts";
import { createStatisticsKeeper } from "./statistics.ts";

describe("the planner's statistics", () => {
  const cluster = useCluster();

  it("are made of a table that grows, time and again, and of no other", async () => {
    const connectionString = await cluster.createDatabase();
    const opened = await cluster.openForTest({ connectionString });
    const scene = await openScene(async () => opened);
    const rowsKnown = async (table: string): Promise<number> => {
      const asked = "select reltuples as rows from pg_class where relname = $1";
      const [row] = await cluster.ask<{ rows: number }>(connectionString, asked, [table]);
      return row?.rows ?? 0;
    };
    const growUntilKnown = async (rows: number): Promise<void> => {
      while ((await rowsKnown("job")) < rows) {
        const jobs = [scene.acceptance(), scene.acceptance()];
        await opened.store.intake.acceptJobs(jobs, scene.now());
      }
    };
    expect(await rowsKnown("job")).toBe(-1);
    await growUntilKnown(200);
    const first = await rowsKnown("job");
    await growUntilKnown(2 * first);
    expect(await rowsKnown("job")).toBeGreaterThanOrEqual(2 * first);
    expect(await rowsKnown("endpoint")).toBe(-1);
  }, 60_000);

  it("that cannot be made are told of, and tried again", async () => {
    const warned: string[] = [];
    const asked: string[] = [];
    let fails = true;
    const query = async (text: string): Promise<{ rows: object[] }> => {
      asked.push(text.replace(/\s.*/s, ""));
      if (fails) throw new Error("no connection");
      return { rows: [{ name: "public.job" }] };
    };
    let nowMs = 0;
    const keeper = createStatisticsKeeper({
      pool: { query } as unknown as Pool,
      clock: { ...systemClock, monotonicMs: () => nowMs },
      log: { ...quiet, warn: (event) => void warned.push(event) },
    });
    const commit = async (times: number): Promise<void> => {
      for (let at = 0; at < times; at += 1) keeper.committed();
      await keeper.drained();
    };
    await commit(199);
    expect(asked).toEqual([]);
    await commit(1);
    expect(warned).toEqual(["store.statistics_failed"]);
    fails = false;
    await commit(200);
    expect(asked).toEqual(["select"]);
    nowMs = 1_000;
    await commit(1);
    expect(asked).toEqual(["select", "select", "analyze"]);
  });
});
