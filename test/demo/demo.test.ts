import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { bounded } from "../support/bounded.ts";

interface RunningDemo {
  readonly child: ChildProcess;
  readonly folder: string;
  output(): string;
  readonly exited: Promise<number | null>;
  /** Resolves once the output matches. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** The demo as somebody starts it, with temporary files in a folder of its own. */
function startDemo(): RunningDemo {
  const folder = mkdtempSync(join(tmpdir(), "ringback-demo-test-"));
  const child = spawn(process.execPath, [fileURLToPath(new URL("demo.ts", import.meta.url))], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  const { promise: exited, resolve } = Promise.withResolvers<number | null>();
  child.once("close", resolve);
  return {
    child,
    folder,
    output: () => output,
    exited: bounded(exited, 60_000, () => `end of the demo; it wrote: ${output}`),
    says(pattern) {
      const { promise, resolve: found } = Promise.withResolvers<RegExpExecArray>();
      const look = (): void => {
        const match = pattern.exec(output);
        if (match !== null) found(match);
      };
      child.stdout.on("data", look);
      look();
      return bounded(promise, 20_000, () => `${String(pattern)} from the demo; it wrote: ${output}`);
    },
  };
}

test(
  "the demo holds all it promises, in at most 100 columns without colours, and cleans up",
  { timeout: 70_000 },
  async () => {
    const demo = startDemo();

    expect(await demo.exited, demo.output()).toBe(0);

    const lines = demo.output().split("\n");
    expect(lines.filter((line) => line.startsWith("  ✓ 20 of 20"))).toHaveLength(5);
    expect(demo.output()).toMatch(/All 9 held, in \d+\.\d s\./);
    expect(demo.output()).not.toMatch(/✗|\u001b/);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
    expect(readdirSync(demo.folder)).toEqual([]);
  },
);

test("the demo, broken off by Ctrl-C, leaves no process and no file behind", async () => {
  const demo = startDemo();
  const [, url = ""] = await demo.says(/listens on (http:\S+?),/);
  await demo.says(/01 202/);
  expect(readdirSync(demo.folder)).toHaveLength(1);

  demo.child.kill("SIGINT");

  expect(await demo.exited).toBe(130);
  await expect(fetch(url)).rejects.toThrow("fetch failed");
  expect(readdirSync(demo.folder)).toEqual([]);
});
