import { describe, expect, it } from "vitest";
import { createSealing } from "./sealing.ts";
import { countingRandom, masterKey } from "./testing/sqlite-ground.ts";

const place = { tenantId: "acme", table: "endpoint", rowId: "ep_1", column: "sealed_headers" };

describe("sealing", () => {
  const sealing = createSealing(masterKey, countingRandom());

  it("what is sealed opens again, empty, long or with emoji, and never looks the same twice", () => {
    for (const plain of ["", "whsec_abc", "😀".repeat(5_000)]) {
      const [first, second] = [sealing.seal(plain, place), sealing.seal(plain, place)];
      expect(sealing.open(first, place)).toBe(plain);
      expect(first).not.toBe(second);
    }
  });

  it("its spelling names its version and its key", () => {
    expect(sealing.seal("x", place)).toMatch(/^v1\.630dcd29\.[\w-]{16}\.[\w-]{2}\.[\w-]{22}$/);
  });

  it("F115 another key does not open it, and both keys are named", () => {
    const other = createSealing(
      masterKey.map((byte) => byte + 1),
      countingRandom(),
    );
    const open = () => other.open(sealing.seal("x", place), place);
    expect(open).toThrow(expect.objectContaining({ code: "other_key" }));
    expect(open).toThrow(
      /sealed with the master key 630dcd29, which is not among those that are here \([\da-f]{8}\)/,
    );
  });

  it("what was sealed with a former key opens, and what is new is sealed with the present one", () => {
    const newKey = masterKey.map((byte) => byte + 1);
    const rotated = createSealing(newKey, countingRandom(), [masterKey, newKey, masterKey]);
    expect(rotated.open(sealing.seal("x", place), place)).toBe("x");
    expect(rotated.former).toEqual(["630dcd29"]);
    const sealed = rotated.seal("x", place);
    expect(sealed).toMatch(`v1.${rotated.present}.`);
    expect(createSealing(newKey, countingRandom()).open(sealed, place)).toBe("x");
    expect(() => sealing.open(sealed, place)).toThrow(expect.objectContaining({ code: "other_key" }));
  });

  it.each([
    ["tenant", { tenantId: "globex" }],
    ["table", { table: "job" }],
    ["row", { rowId: "ep_2" }],
    ["column", { column: "secret" }],
  ])("moved to another %s it does not open", (_, elsewhere) => {
    const sealed = sealing.seal("x", place);
    expect(() => sealing.open(sealed, { ...place, ...elsewhere })).toThrow(/altered or moved/);
  });

  it("altered or cut it does not open", () => {
    const sealed = sealing.seal("a secret", place);
    const parts = sealed.split(".");
    const flipped = parts.with(3, Buffer.from("b secret").toString("base64url")).join(".");
    for (const broken of [flipped, sealed.slice(0, -4), parts.slice(0, 4).join("."), "v2.x.y.z.a", ""]) {
      expect(() => sealing.open(broken, place)).toThrow(expect.objectContaining({ code: "altered" }));
    }
  });

  it("a key of another length is refused", () => {
    expect(() => createSealing(new Uint8Array(16), countingRandom())).toThrow(/32 bytes, not 16/);
  });
});
