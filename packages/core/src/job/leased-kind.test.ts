import { describe, expect, test } from "vitest";
import { isKindName } from "./kinds.ts";
import { readLeasedKind, spellLeasedKind } from "./leased-kind.ts";

describe("kinds that are worked over leases", () => {
  test("are read as they were spelled, also for a tenant whose id has spaces or signs", () => {
    for (const tenantId of ["default", "a b", "@a x", "a\nb"]) {
      const leased = { tenantId, kind: "report.v2" };
      expect(readLeasedKind(spellLeasedKind(leased))).toEqual(leased);
    }
  });

  test("are never the name of a kind, nor is a kind's name one of them", () => {
    expect(isKindName(spellLeasedKind({ tenantId: "default", kind: "report" }))).toBe(false);
    expect(readLeasedKind("report")).toBeNull();
  });
});
