import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createMetrics, type MetricsSources } from "./metrics.ts";

const time = { ms: 10_000 };
const clock = { now: () => time.ms, monotonicMs: () => time.ms, after: () => () => undefined };

function sourcesOf(look: () => Promise<number>): MetricsSources {
  return {
    store: {
      reads: { unfinishedJobs: look },
      seals: { countRows: async () => [{ kid: "1a2b3c4d", rows: 12 }] },
      due: async () => ({
        jobsSince: 7_000,
        nextJobAt: null,
        nextLaneAt: null,
        lanes: [{ tenantId: "t", laneId: "l", since: 8_500 }],
      }),
    },
    signals: null,
    now: time.ms,
    intake: { intakeAborted: 0, intakeShed: 0 },
    commits: { commits: 2, items: 5, sizes: [0, 1, 1, 0, 0, 0, 0, 0, 0, 0] },
  };
}

describe("what is exported", () => {
  test("the README's table says it all, and nothing else", async () => {
    const metrics = createMetrics(clock);
    const text = await metrics.text(sourcesOf(async () => 0));
    metrics.stop();
    const exported = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
      ([, name, help, type]) => [name, type, help],
    );
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const [, table = ""] = /<!-- metrics -->([^]*)<!-- \/metrics -->/.exec(readme) ?? [];
    const rows = [...table.matchAll(/^\| `(\S+)` +\| (\w+) +\| ([^|]*?) *\| (?:\\\* )?([^|]*?) *\|$/gm)];
    expect(rows.map(([, name, type, , meaning]) => [name, type, meaning])).toEqual(exported);
    metrics.counted([
      { what: "job_accepted", of: "k", as: "", count: 1 },
      { what: "job_finished", of: "k", as: "failed", count: 1 },
      { what: "attempt_recorded", of: "ok", as: "", count: 1 },
      { what: "delivery_finished", of: "dead", as: "", count: 1 },
    ]);
    const labelled = await metrics.text(sourcesOf(async () => 0));
    for (const [, name, , labels] of rows) {
      const [, found = ""] = new RegExp(`^${name}(?:\\{([^}]*)\\})? `, "m").exec(labelled) ?? [];
      const names = [...found.matchAll(/(\w+)="/g)].map(([, label]) => label);
      expect(names.join(", "), name).toBe(labels);
    }
  });

  test("the database is asked once a second, however many scrape, and its figures are left out while it is away", async () => {
    const metrics = createMetrics(clock);
    let looks = 0;
    const sources = sourcesOf(async () => {
      looks += 1;
      return 42;
    });
    const [first] = await Promise.all([metrics.text(sources), metrics.text(sources), metrics.text(sources)]);
    expect(first).toContain("\nringback_jobs_unfinished 42\n");
    expect(first).toContain("\nringback_jobs_oldest_due_age_seconds 3\n");
    expect(first).toContain("\nringback_deliveries_oldest_due_age_seconds 1.5\n");
    for (const line of [
      '_bucket{le="2"} 1',
      '_bucket{le="5"} 2',
      '_bucket{le="+Inf"} 2',
      "_sum 5",
      "_count 2",
    ]) {
      expect(first).toContain(`\nringback_store_commit_calls${line}\n`);
    }
    expect(first).toContain('\nringback_other_key_rows{kid="1a2b3c4d"} 12\n');
    time.ms += 999;
    await metrics.text(sources);
    expect(looks).toBe(1);
    time.ms += 1;
    const away = await metrics.text(sourcesOf(() => Promise.reject(new Error("away"))));
    metrics.stop();
    expect(away).toContain("\nringback_database_up 0\n");
    expect(away).not.toMatch(/^ringback_jobs_unfinished /m);
  });
});
