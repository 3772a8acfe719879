// The job kind of the benchmark: it does nothing, so that what is measured is Ringback.
import { defineJob } from "@ringback/core";

export default [defineJob({ kind: "bench.noop", run: () => null })];
