import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../support/receiver.ts";
import { whsec } from "../support/whsec.ts";
import { makeChaosHome } from "./chaos-home.ts";

const killed = { code: null, signal: "SIGKILL" };

describe("a server killed while a job runs", () => {
  test("F69 the job runs again within 45 s, its runs count both, and one callback tells it", async () => {
    const home = makeChaosHome();
    const receiver = await startReceiver();
    onTestFinished(() => home.dispose());
    onTestFinished(() => receiver.close());
    const first = await home.start();
    const job = await home.client.submit({
      kind: "chaos.kills-once",
      input: { file: join(home.folder, "ran") },
      callback: { url: `${receiver.origin}/ended`, secret: whsec("runs") },
    });
    expect(await first.exited).toEqual(killed);
    const killedAt = Date.now();

    await home.start();
    const done = await home.client.waitForDone(job.id, 45_000);

    expect(Date.now() - killedAt).toBeLessThan(45_000);
    expect(done).toMatchObject({ status: "succeeded", runs: 2, result: { runNumber: 2 } });
    await home.client.waitForJob(job.id, (current) => current.callback?.deliveries.delivered === 1);
    expect(receiver.requests).toHaveLength(1);
  });

  test("F73 a job that kills its process every time fails as runs_exhausted, and the others go on", async () => {
    const home = makeChaosHome();
    onTestFinished(() => home.dispose());
    const first = await home.start();
    const poison = await home.client.submit({ kind: "chaos.kills-always" });
    expect(await first.exited).toEqual(killed);
    for (let start = 2; start <= 3; start += 1) expect(await home.startUntilExit()).toEqual(killed);
    await home.start();

    const done = await home.client.waitForDone(poison.id);

    expect(done).toMatchObject({ status: "failed", runs: 3, error: { code: "runs_exhausted", run: 3 } });
    const other = await home.client.submit({ kind: "chaos.echo", input: "alive" });
    expect(await home.client.waitForDone(other.id)).toMatchObject({ status: "succeeded", result: "alive" });
  });
});
