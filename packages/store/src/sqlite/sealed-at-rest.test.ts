import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { only, openScene } from "../conformance/scene.ts";
import { masterKey, openForTest, optionsForTest, temporaryFolder } from "../testing/sqlite-ground.ts";
import { openSqliteStore } from "./open.ts";

const canary = "CANARY-c2VjcmV0";
const whole = `whsec_${canary}`;

/** Every byte of every file of the folder. */
function everyByte(folder: string): string {
  return readdirSync(folder)
    .filter((file) => !file.endsWith(".lock"))
    .map((file) => readFileSync(join(folder, file), "latin1"))
    .join("\n");
}

describe("secrets at rest", () => {
  it("neither signing secrets nor headers ever reach a file, and they open again when needed", async () => {
    const folder = temporaryFolder();
    const opened = await openForTest(join(folder, "ringback.db"));
    const scene = await openScene(async () => opened);
    const headers = { authorization: canary };
    await scene.store.tenants.ensureTenant({ id: "canary", callbackSecret: whole }, scene.now());
    const rotation = { secret: whole, overlapUntil: scene.now() + 9, now: scene.now() };
    await scene.store.tenants.rotateCallbackSecret("canary", rotation);
    await scene.createEndpoint({ headers, secret: whole, events: [] });
    const url = "https://example.com/plain-sight";
    await scene.finishJob({ callback: { url, events: ["job.*"], headers, secret: whole } });
    const lane = await scene.holdLane();
    const [claimed] = await scene.claimDeliveries(lane, 1);
    expect(claimed).toMatchObject({ headers, secrets: [whole] });
    const written = everyByte(folder);
    expect(written).toContain("plain-sight");
    expect(written).not.toContain(canary);
    await scene.store.close();
    expect(everyByte(folder)).not.toContain(canary);
  });

  it("F115 a store does not open with another master key, and says so", async () => {
    const path = join(temporaryFolder(), "ringback.db");
    const { store } = await openForTest(path);
    await store.tenants.ensureTenant({ id: "acme", callbackSecret: whole }, 0);
    await store.close();
    const other = optionsForTest(path, { masterKey: masterKey.map((byte) => byte ^ 1) });
    await expect(openSqliteStore(other)).rejects.toMatchObject({ code: "other_key" });
    await expect(openSqliteStore(other)).rejects.toThrow(/Set RINGBACK_MASTER_KEY to the key/);
    const again = await openForTest(path);
    expect(only(await again.store.reads.callbackSecrets("acme", 0)).secret).toBe(whole);
  });
});
