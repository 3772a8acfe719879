import { describe, expect, test } from "vitest";
import { isRefusal } from "../problems/refusal.ts";
import { createCursors } from "./cursors.ts";

const cursors = createCursors([new Uint8Array(32).fill(1)]);
const position = { at: 1_763_800_000_000, id: "job_01kat5vqt8fkz9m0w4r1x2y3z4" };

describe("cursors", () => {
  test("open to what was sealed", () => {
    expect(cursors.openPosition("jobs", "a", cursors.sealPosition("jobs", "a", position))).toEqual(position);
    expect(cursors.openSeq("feed", "a", cursors.sealSeq("feed", "a", 42))).toEqual({ seq: 42 });
  });

  test("F126 a cursor of another tenant, list or installation is refused", () => {
    const cursor = cursors.sealPosition("jobs", "a", position);
    expect(cursors.openPosition("jobs", "b", cursor)).toMatchObject({ refused: "cursor-invalid" });
    expect(cursors.openPosition("endpoints", "a", cursor)).toMatchObject({ refused: "cursor-invalid" });
    const elsewhere = createCursors([new Uint8Array(32).fill(2)]);
    expect(elsewhere.openPosition("jobs", "a", cursor)).toMatchObject({ refused: "cursor-invalid" });
  });

  test("F126 every tampered character is noticed", () => {
    const cursor = cursors.sealSeq("feed", "a", 7);
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === "A" ? "B" : "A"}${cursor.slice(at + 1)}`;
      expect(isRefusal(cursors.openSeq("feed", "a", changed))).toBe(true);
    }
    for (const text of ["", "x", "===", `${cursor}A`, cursor.slice(0, -1), ` ${cursor}`]) {
      expect(isRefusal(cursors.openSeq("feed", "a", text))).toBe(true);
    }
  });

  test("a cursor that was given out under a former key opens while that is listed, and new ones are the present key's", () => {
    const [former, present] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const rotated = createCursors([present, former]);
    expect(rotated.openSeq("feed", "a", cursors.sealSeq("feed", "a", 42))).toEqual({ seq: 42 });
    const fresh = rotated.sealSeq("feed", "a", 43);
    expect(createCursors([present]).openSeq("feed", "a", fresh)).toEqual({ seq: 43 });
    expect(isRefusal(cursors.openSeq("feed", "a", fresh))).toBe(true);
  });

  test("a tenant's name cannot be stretched into another's", () => {
    const cursor = cursors.sealSeq("feed", 'a","1', 7);
    expect(isRefusal(cursors.openSeq("feed", "a", cursor))).toBe(true);
  });
});
