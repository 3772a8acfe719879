import { describe, expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createResultLinks } from "./result-links.ts";

const jobId = "job_01kat5vqt8fkz9m0w4r1x2y3z4";

function setUp() {
  const clock = createManualClock();
  const links = createResultLinks({
    tokenKeys: [new Uint8Array(32).fill(9)],
    publicUrl: () => "https://ringback.test/",
    clock,
  });
  const url = new URL(links.mint({ tenantId: "tenant one", jobId, ttlMs: 1_000 }));
  return { clock, links, url, token: url.searchParams.get("token") ?? "" };
}

describe("result links", () => {
  test("are absolute, and open the one result for its tenant", () => {
    const { links, url, token } = setUp();
    expect(url.origin + url.pathname).toBe(`https://ringback.test/v1/jobs/${jobId}/result`);
    expect(links.verify(jobId, token)).toEqual({ ok: true, tenantId: "tenant one" });
  });

  test("open no other job's result", () => {
    const { links, token } = setUp();
    expect(links.verify(jobId.replace("z4", "z5"), token)).toEqual({ ok: false, reason: "invalid" });
  });

  test("end when they expire", () => {
    const { clock, links, token } = setUp();
    clock.advance(999);
    expect(links.verify(jobId, token).ok).toBe(true);
    clock.advance(1);
    expect(links.verify(jobId, token)).toMatchObject({ ok: false, reason: "expired" });
  });

  test("cannot be changed", () => {
    const { links, token } = setUp();
    for (let at = 0; at < token.length; at += 1) {
      const changed = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
      expect(links.verify(jobId, changed)).toEqual({ ok: false, reason: "invalid" });
    }
  });
});
