import { describe, expect, test } from "vitest";
import { createLog } from "./log.ts";

function linesOf(use: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  use(createLog({ level: "debug", fields: "listed", stream: { write: (line) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log", () => {
  test("is one JSON object per line, with the event and its level", () => {
    const [line] = linesOf((log) => log.warn("lane_lost", { laneId: "https://a.example" }));
    expect(line).toMatchObject({ level: "warn", event: "lane_lost", laneId: "https://a.example" });
    expect(line?.["time"]).toBeTypeOf("number");
  });

  test("G10 lets only listed fields through, and no query of a URL", () => {
    const [line] = linesOf((log) =>
      log.info("x", {
        jobId: "job_1",
        body: "canary",
        authorization: "canary",
        url: "https://a.example/?t=canary",
      }),
    );
    expect(line).toMatchObject({ jobId: "job_1", url: "https://a.example/?…" });
    expect(JSON.stringify(line)).not.toContain("canary");
  });
});
