// An isolate for the tests of the pool: its kinds tell which process they ran in, wait, or never begin.
import { createKinds, defineJob } from "@ringback/core";
import { createSeat } from "../executor/seat.ts";
import { realClock } from "./real-clock.ts";

const mode = process.argv[2];
if (mode === "broken") {
  process.send?.({ ringback: "not_ready", problem: "it is broken" }, undefined, undefined, () =>
    process.exit(1),
  );
} else {
  const kinds = createKinds([
    defineJob({ kind: "pid", run: () => process.pid }),
    defineJob({
      kind: "waits",
      run: (_input, { signal, progress }) =>
        new Promise((resolve) => {
          progress(1, String(process.pid));
          signal.addEventListener("abort", () => resolve("stopped"));
        }),
    }),
  ]);
  const seat = createSeat({
    kinds,
    resultBytesMax: 1_000,
    clock: realClock,
    send: (report) => void process.send?.(report),
  });
  process.on("message", (heard) => {
    // A library that takes the channel for its own says things of its own there.
    process.send?.({ type: "something else" });
    process.send?.("ready");
    seat.receive(heard);
  });
  process.on("disconnect", () => process.exit());
  process.send?.({ ringback: "ready" });
}
