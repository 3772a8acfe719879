import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { keyOf, makeEd25519Secret, makeSecret, parseSecret } from "./secret.ts";
import { sign } from "./sign.ts";
import { verify } from "./verify.ts";

const whsec = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

it("a made secret is whsec_ and the base64 of 32 random bytes", () => {
  const secret = makeSecret((count) => new Uint8Array(count).fill(1));
  expect(secret).toBe(`whsec_${Buffer.alloc(32, 1).toString("base64")}`);
  expect(parseSecret(secret)).toEqual({ ok: true, kind: "whsec" });
});

it("a made ed25519 pair signs with its secret and verifies with its public key alone", () => {
  const pair = makeEd25519Secret((count) => randomBytes(count));
  expect(parseSecret(pair.secret)).toEqual({ ok: true, kind: "whsk" });
  expect(parseSecret(pair.publicKey)).toEqual({ ok: true, kind: "whpk" });
  const signature = sign({ id: "evt_1", timestampSeconds: 1_000, body: "x" }, [pair.secret]);
  const received = { id: "evt_1", timestamp: "1000", signature, body: "x", now: 1_000_000 };
  expect(verify({ ...received, secrets: [pair.publicKey] }).ok).toBe(true);
  const stranger = makeEd25519Secret((count) => randomBytes(count));
  expect(verify({ ...received, secrets: [stranger.publicKey] }).ok).toBe(false);
});

it.each([
  [24, true],
  [64, true],
  [23, false],
  [65, false],
])("a whsec_ secret of %i bytes is usable: %s", (bytes, usable) => {
  const check = parseSecret(whsec(bytes));
  expect(check.ok).toBe(usable);
  if (!check.ok) expect(check.reason).toBe("wrong_length");
});

it.each([
  ["", "unknown_prefix"],
  ["WHSEC_AAAA", "unknown_prefix"],
  ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "unknown_prefix"],
  ["whsec_", "malformed_base64"],
  ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "malformed_base64"],
  ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_", "malformed_base64"],
  [`${whsec(24)} `, "malformed_base64"],
  ["whpk_AAAA", "wrong_length"],
  ["whsk_AAAA", "wrong_length"],
  [`whsk_${Buffer.alloc(64, 7).toString("base64")}`, "mismatched_public_key"],
])("%j is refused as %s", (text, reason) => {
  expect(parseSecret(text)).toMatchObject({ ok: false, reason });
});

it("a refused secret is not repeated by the error that refuses it", () => {
  expect(() => keyOf("whsec_CANARY")).toThrow(/^not a webhook secret: (?!.*CANARY)/);
});
