import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openScene } from "../conformance/scene.ts";
import { openForTest, temporaryFolder } from "../testing/sqlite-ground.ts";

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
});
