import { describe, expect, it } from "vitest";
import { sign } from "./sign.ts";
import { verify, type VerifyInput } from "./verify.ts";

const now = 1_700_000_000_000;
const seconds = now / 1_000;
const first = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const second = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const content = { id: "evt_1", timestampSeconds: seconds, body: '{"a":1}' };

const received = { id: content.id, timestamp: String(seconds), signature: sign(content, [first]) };
const genuine = { ...received, body: content.body, secrets: [first], now };

describe("rotation", () => {
  it("signs once per active secret, in their order", () => {
    expect(sign(content, [first, second])).toBe(`${sign(content, [first])} ${sign(content, [second])}`);
  });

  it("verifies when any listed signature is of any active secret", () => {
    const signature = sign(content, [first, second]);
    expect(verify({ ...genuine, signature, secrets: [second] }).ok).toBe(true);
    expect(verify({ ...genuine, secrets: [second, first] }).ok).toBe(true);
    expect(verify({ ...genuine, signature: `v9,abcd v1,???? ${received.signature}` }).ok).toBe(true);
  });

  it("does not verify with another secret", () => {
    expect(verify({ ...genuine, secrets: [second] })).toEqual({ ok: false, reason: "no_matching_signature" });
  });
});

describe("time", () => {
  const at = (ageSeconds: number, toleranceSeconds?: number): ReturnType<typeof verify> =>
    verify({
      ...genuine,
      now: now + ageSeconds * 1_000,
      ...(toleranceSeconds === undefined ? {} : { toleranceSeconds }),
    });

  it("is tolerated by 300 seconds both ways and no more", () => {
    expect(at(300).ok).toBe(true);
    expect(at(-300).ok).toBe(true);
    expect(at(301)).toEqual({ ok: false, reason: "too_old" });
    expect(at(-301)).toEqual({ ok: false, reason: "too_new" });
  });

  it("is tolerated as far as the caller says", () => {
    expect(at(11, 10)).toEqual({ ok: false, reason: "too_old" });
    expect(at(10, 10).ok).toBe(true);
  });

  it.each([
    "",
    "0",
    "-1",
    "+5",
    "1e9",
    "0x10",
    " 1700000000",
    "1700000000.5",
    "01700000000",
    "9999999999999",
    "NaN",
  ])("%j is not a timestamp", (timestamp) => {
    expect(verify({ ...genuine, timestamp })).toEqual({ ok: false, reason: "malformed_timestamp" });
  });
});

describe("what is malformed", () => {
  it.each(["", "v1", "v1,", ",", "v1 ,", "v2,AAAA", received.signature.slice(3)])(
    "%j holds no signature",
    (signature) => {
      expect(verify({ ...genuine, signature })).toEqual({ ok: false, reason: "malformed_signature" });
    },
  );

  it("a signature of another length does not match, and does not throw", () => {
    expect(verify({ ...genuine, signature: "v1,AAAA" })).toEqual({
      ok: false,
      reason: "no_matching_signature",
    });
    expect(verify({ ...genuine, signature: "v1a,AAAA" })).toEqual({
      ok: false,
      reason: "no_matching_signature",
    });
  });

  it("an id that would make the signed text ambiguous is refused, by both sides", () => {
    expect(verify({ ...genuine, id: "evt.1" })).toEqual({ ok: false, reason: "malformed_id" });
    expect(() => sign({ ...content, id: "evt.1" }, [first])).toThrow(TypeError);
    expect(() => sign({ ...content, id: "" }, [first])).toThrow(TypeError);
  });

  it("a header that is missing or was sent twice is refused", () => {
    const headers = { "Webhook-Id": content.id, "webhook-timestamp": String(seconds) };
    const base = { body: content.body, secrets: [first], now };
    const missing: VerifyInput = { ...base, headers };
    expect(verify(missing)).toEqual({ ok: false, reason: "missing_header" });
    const twice = { ...headers, "webhook-signature": [received.signature, received.signature] };
    expect(verify({ ...base, headers: twice })).toEqual({ ok: false, reason: "missing_header" });
    expect(verify({ ...base, headers: { ...headers, "WEBHOOK-SIGNATURE": received.signature } }).ok).toBe(
      true,
    );
  });
});

describe("what the caller must not do", () => {
  it("signing and verifying without a usable secret throw", () => {
    expect(() => sign(content, [])).toThrow(TypeError);
    expect(() => sign(content, ["whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="])).toThrow(TypeError);
    expect(() => sign({ ...content, timestampSeconds: 1.5 }, [first])).toThrow(TypeError);
    expect(() => verify({ ...genuine, secrets: [] })).toThrow(TypeError);
    expect(() => verify({ ...genuine, secrets: ["secret"] })).toThrow(TypeError);
  });
});
