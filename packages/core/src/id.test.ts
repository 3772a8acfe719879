import { describe, expect, test } from "vitest";
import { isId, makeId } from "./id.ts";
import { seededRandom } from "./testing/seeded-random.ts";

describe("ids", () => {
  test("spell the specification's UUIDv7 example as its TypeID suffix", () => {
    // TypeID specification, valid.yml: 01890a5d-ac96-774b-bcce-b302099a8057 is 01h455vb4pex5vsknk084sn02q.
    const random = {
      unit: () => 0,
      bytes: () => Uint8Array.from([0x77, 0x4b, 0xbc, 0xce, 0xb3, 0x02, 0x09, 0x9a, 0x80, 0x57]),
    };
    expect(makeId("job", 0x01890a5dac96, random)).toBe("job_01h455vb4pex5vsknk084sn02q");
  });

  test("sort by the millisecond they were made in", () => {
    const random = seededRandom(1);
    const ids = Array.from({ length: 200 }, (_, index) =>
      makeId("evt", 1_700_000_000_000 + index * 997, random),
    );
    expect(ids.toSorted()).toEqual(ids);
  });

  test("F27 stay unique when the clock stands still or jumps back", () => {
    const random = seededRandom(2);
    const instants = Array.from({ length: 10_000 }, (_, index) =>
      index < 5_000 ? 1_700_000_000_000 : 1_699_996_400_000,
    );
    expect(new Set(instants.map((now) => makeId("dlv", now, random))).size).toBe(instants.length);
  });

  test("are recognised by prefix, length and alphabet", () => {
    const id = makeId("job", 1_700_000_000_000, seededRandom(3));
    expect(isId("job", id)).toBe(true);
    for (const wrong of [
      id.replace("job", "evt"),
      `${id}0`,
      id.slice(0, -1),
      id.toUpperCase(),
      id.replace(/.$/, "l"),
      "job_",
      "",
    ]) {
      expect(isId("job", wrong), wrong).toBe(false);
    }
  });
});
