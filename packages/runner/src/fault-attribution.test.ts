import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

interface Report {
  readonly seen: readonly { readonly jobId: string | null; readonly thrown: string }[];
  readonly outcomes: Readonly<
    Record<string, readonly { readonly kind: string; readonly code?: string; readonly message?: string }[]>
  >;
}

const failed = (message: string): object[] => [
  { kind: "failed", code: "handler_error", message, retryable: true },
];

describe("F66 faults outside a handler's promise, in a process of their own", () => {
  test("F66 end the run they belong to, leave every other run alone, and never end the process", async () => {
    const script = fileURLToPath(new URL("./testing/stray-faults.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 15_000 });
    const { seen, outcomes } = JSON.parse(stdout) as Report;
    expect(outcomes).toMatchObject({
      "throws in a timer": failed("in a timer"),
      "drops a rejection": failed("dropped"),
      "drops a rejection later": failed("dropped later"),
      "emits an error nobody listens to": failed("emitted"),
      "opens a file that is not there": [{ kind: "failed", code: "handler_error" }],
      "throws in a microtask": failed("in a microtask"),
      "throws when it is aborted": [{ kind: "canceled" }],
      "throws after it has returned": [{ kind: "succeeded" }],
      "does its work": [{ kind: "succeeded" }],
    });
    expect(seen).toContainEqual({ jobId: "throws when it is aborted", thrown: "Error: while stopping" });
    expect(seen).toContainEqual({ jobId: "throws after it has returned", thrown: "Error: afterwards" });
    expect(seen.at(-1)).toEqual({ jobId: null, thrown: "Error: of nobody" });
    expect(Object.values(outcomes).every((recorded) => recorded.length === 1)).toBe(true);
  });
});
