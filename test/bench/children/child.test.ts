import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { waitUntil } from "../../support/wait-until.ts";
import { startChild } from "./child.ts";

describe("a child of the benchmark", () => {
  test("answers what it is asked, tells what it cannot, and is gone once it is stopped", async () => {
    const child = await startChild("bare-route.ts", { args: ['"7"'] });
    const known = await fetch(`${String(child.told)}/v1/jobs/x`, { headers: { "if-none-match": '"7"' } });
    expect(known.status).toBe(304);
    const usage = await child.usage();
    expect(usage.residentBytes).toBeGreaterThan(usage.heapBytes);
    expect(usage.cpuMs).toBeGreaterThan(0);
    await expect(child.ask("dance")).rejects.toThrow("there is no verb dance");
    await child.stop();
    expect(await child.exited).toBe(0);
    await expect(child.ask("usage")).rejects.toThrow("has ended");
  });

  test("that ends before it is ready is told with what it wrote", async () => {
    const starting = startChild("intake-server.ts", { env: { PORT: "none" } });
    await expect(starting).rejects.toThrow(/PORT must be a whole number/);
  });

  test("ends with its parent, even when that is killed", async () => {
    const module = JSON.stringify(new URL("child.ts", import.meta.url).href);
    const program = `const { startChild } = await import(${module});
      const child = await startChild("receiver.ts");
      console.log(await child.ask("pid"));`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: fileURLToPath(new URL(".", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { promise, resolve } = Promise.withResolvers<number>();
    parent.stdout.once("data", (text: Buffer) => resolve(Number(text.toString("utf8"))));
    const pid = await promise;
    expect(isRunning(pid)).toBe(true);
    parent.kill("SIGKILL");
    await waitUntil(async () => isRunning(pid), {
      holds: (running) => !running,
      timeoutMs: 10_000,
      what: "end of the orphan",
    });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
