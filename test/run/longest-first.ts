// The order of the test files: those that take longest come first, so that no worker is left alone with one at the end.
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Kills and recoveries wait for leases, the others for processes; a room's own tests are the quickest. */
const slowFirst = ["/test/chaos/", "/test/contract/", "/test/demo/", "/store.test.ts", "/test/e2e/"];

export class LongestFirst extends BaseSequencer {
  /** Within a group vitest's own order stands: by the time of the last run, else by size. */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is the method above of vitest's, not that of an array
    const sorted = await super.sort(files);
    return sorted.toSorted((left, right) => groupOf(left) - groupOf(right));
  }
}

function groupOf({ moduleId }: TestSpecification): number {
  const at = slowFirst.findIndex((part) => moduleId.includes(part));
  return at === -1 ? slowFirst.length : at;
}
