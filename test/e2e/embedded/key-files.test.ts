// The embedded mode's key file is changed for another one.
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { startReceiver } from "../../support/receiver.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { makeHome } from "../e2e-home.ts";
import { expectAllDelivered, kidOf, makeKey, register, rowsOf, waitForReady } from "../master-keys-ground.ts";

test(
  "from one key file to another: both keys open until everything is sealed anew",
  { timeout: 60_000 },
  async () => {
    const home = makeHome();
    onTestFinished(() => home.dispose());
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const file = `${home.sqlitePath}.key`;
    const first = await home.start();
    const senders = await register(home, receiver);
    await first.terminate();

    copyFileSync(file, `${file}.former`);
    writeFileSync(file, `${makeKey()}\n`, { mode: 0o600 });
    const former = readFileSync(`${file}.former`, "utf8").trim();
    const rotating = await home.start({ RINGBACK_FORMER_MASTER_KEYS: `${former},${former}` });
    await waitForReady(rotating.url);
    expect(home.output().split("master_key_listed_twice")).toHaveLength(2);
    await waitUntil(() => rowsOf(home, rotating.url, kidOf(former)), {
      holds: (rows) => rows === 0,
      timeoutMs: 10_000,
      what: "no row of the old key",
    });
    await rotating.terminate();

    rmSync(`${file}.former`);
    const dropped = await home.start();
    await waitForReady(dropped.url);
    expect(existsSync(file)).toBe(true);
    const job = await home.client.submit({
      kind: "e2e.echo",
      callback: { url: `${receiver.origin}/tenant` },
    });
    await expectAllDelivered(receiver, [job.id], senders);
  },
);
