import { expect, onTestFinished, test } from "vitest";
import { makeChaosHome } from "../chaos-home.ts";

test("F36 a second process on the same file refuses to start, says so, and does not disturb the first", async () => {
  const home = makeChaosHome();
  onTestFinished(() => home.dispose());
  await home.start();
  const before = home.output().length;

  const second = await home.startUntilExit();

  expect(second.code).not.toBe(0);
  expect(second.signal).toBeNull();
  const said = home.output().slice(before);
  expect(said).toContain(home.sqlitePath);
  expect(said).toMatch(/already|another process|in use/i);
  const job = await home.client.submit({ kind: "chaos.echo", input: 1 });
  expect(await home.client.waitForDone(job.id)).toMatchObject({ status: "succeeded" });
});

test("F36 a killed process leaves no lock behind: the next one starts at once", async () => {
  const home = makeChaosHome();
  onTestFinished(() => home.dispose());
  const first = await home.start();
  await first.kill();

  await home.start();

  expect((await home.client.call("/readyz")).status).toBe(200);
});
