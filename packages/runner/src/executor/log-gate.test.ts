import { describe, expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import type { Report } from "./isolate-words.ts";
import { createLogGate, logLinesMax } from "./log-gate.ts";

describe("a handler's log on its way out", () => {
  test("lets so many lines through in a second, and then says how many it left out", () => {
    const clock = createManualClock();
    const sent: Report[] = [];
    const log = createLogGate({ clock, send: (report) => sent.push(report) });
    for (let at = 0; at < logLinesMax + 50; at += 1) log.info("line");
    expect(sent).toHaveLength(logLinesMax);
    clock.advance(1_000);
    expect(sent.at(-1)).toMatchObject({ level: "warn", event: "log_lines_dropped", fields: { count: 50 } });
    log.info("line");
    expect(sent.at(-1)).toMatchObject({ event: "line" });
  });

  test("keeps plain values, cuts long ones, and names what cannot cross", () => {
    const sent: Report[] = [];
    const log = createLogGate({ clock: createManualClock(), send: (report) => sent.push(report) });
    const fields = {
      count: 1,
      isOn: true,
      none: null,
      long: "x".repeat(10_000),
      odd: Symbol("odd"),
      big: 1n,
    };
    log.warn("said", fields as unknown as Parameters<typeof log.warn>[1]);
    const [line] = sent as Extract<Report, { ringback: "log" }>[];
    expect(line?.fields).toMatchObject({ count: 1, isOn: true, none: null, odd: "(symbol)", big: "1" });
    expect(String(line?.fields["long"]).length).toBeLessThan(2_100);
  });
});
