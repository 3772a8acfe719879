// Every vector of the Standard Webhooks family, in both directions.
import { describe, expect, it } from "vitest";
import vectors from "../vectors/standard-webhooks.json" with { type: "json" };
import { sign } from "./sign.ts";
import { verify } from "./verify.ts";

describe.each(vectors)("vector: $name ($scheme)", (vector) => {
  const { id, body, secret, signature, timestamp } = vector;
  const verifying = vector.publicKey ?? secret;
  const now = timestamp * 1_000;

  it("is signed exactly as its source signed it, from text and from bytes", () => {
    expect(sign({ id, timestampSeconds: timestamp, body }, [secret])).toBe(signature);
    expect(sign({ id, timestampSeconds: timestamp, body: new TextEncoder().encode(body) }, [secret])).toBe(
      signature,
    );
  });

  it("verifies", () => {
    const headers = {
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": signature,
    };
    expect(verify({ headers, body, secrets: [verifying], now })).toEqual({
      ok: true,
      id,
      timestampSeconds: timestamp,
    });
    expect(verify({ headers: new Headers(headers), body, secrets: [verifying], now }).ok).toBe(true);
  });

  it("does not verify once its id, its timestamp, its body or its signature is another", () => {
    const genuine = { id, timestamp: String(timestamp), signature, body, secrets: [verifying], now };
    const tampered = [
      { ...genuine, id: `${id}x` },
      { ...genuine, timestamp: String(timestamp + 1) },
      { ...genuine, body: `${body} ` },
      { ...genuine, signature: flipFirstCharacter(signature) },
    ];
    for (const input of tampered) {
      expect(verify(input)).toEqual({ ok: false, reason: "no_matching_signature" });
    }
  });
});

function flipFirstCharacter(signature: string): string {
  const comma = signature.indexOf(",");
  const first = signature.charAt(comma + 1);
  return `${signature.slice(0, comma + 1)}${first === "A" ? "B" : "A"}${signature.slice(comma + 2)}`;
}
