// Each form of signature is verified by its vendor's own npm library, which knows nothing of us.
import { createHmac } from "node:crypto";
import { verify as verifyGithub, verifyWithFallback } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { Stripe } from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import { makeEd25519Secret, sign, signGithub, signStripe, verify } from "@ringback/signature";
import { whsec } from "../support/whsec.ts";

const timestampSeconds = Math.floor(Date.now() / 1_000);
const id = "evt_01kat5vqt8fkz9m0w4r1x2y3z4";
const newest = whsec("the newest secret of this endpoint");
const former = whsec("the former secret of this endpoint");
const stranger = whsec("the secret of another endpoint, he");
const secrets = [newest, former];

const long = `{"text":"${"Zoë 🚀 ".repeat(3_000)}"}`;
const bodies = [
  ["ASCII", '{"type":"job.succeeded"}'],
  ["UTF-8", '{"name":"Zoë Ω 🚀 \\u2028","raw":"\u2028"}'],
  ["20 kB", long.slice(0, 20_000)],
] as const;
const withEmpty = [...bodies, ["an empty one", ""]] as const;

/** Throws when it does not. */
function holdsForStripe(body: string, header: string, secret: string): boolean {
  return Stripe.webhooks.signature?.verifyHeader(body, header, secret, 300) ?? false;
}

const headersFor = (body: string, by: readonly string[]) => ({
  "webhook-id": id,
  "webhook-timestamp": String(timestampSeconds),
  "webhook-signature": sign({ id, timestampSeconds, body: Buffer.from(body) }, by),
});

describe.each(withEmpty)("standard: %s", (_, body) => {
  it.each([
    ["standardwebhooks", (secret: string) => new Webhook(secret)],
    ["svix", (secret: string) => new SvixWebhook(secret)],
  ])("%s verifies it, and with either secret while a rotation overlaps", (_name, library) => {
    const parsed = (secret: string, by: readonly string[]): unknown =>
      // Not every body here is JSON, and an empty one is none: only the signature is asked about.
      library(secret).verify(body, headersFor(body, by), { jsonParse: false });
    const isVerified = (secret: string, by: readonly string[]): boolean => {
      try {
        parsed(secret, by);
        return true;
      } catch (thrown) {
        if (thrown instanceof SyntaxError) return true;
        return false;
      }
    };
    expect(isVerified(newest, [newest])).toBe(true);
    for (const secret of secrets) expect(isVerified(secret, secrets)).toBe(true);
    expect(isVerified(former, [newest])).toBe(false);
    expect(isVerified(stranger, secrets)).toBe(false);
  });

  it("ed25519: each of a pair's public keys verifies it while a rotation overlaps", () => {
    const pair = (seed: number) => makeEd25519Secret((count) => new Uint8Array(count).fill(seed));
    const [one, two, other] = [pair(1), pair(2), pair(3)];
    const headers = headersFor(body, [two.secret, one.secret]);
    expect(headers["webhook-signature"]).toMatch(/^v1a,\S+ v1a,\S+$/);
    const holds = (publicKey: string): boolean =>
      verify({ headers, body, secrets: [publicKey], now: timestampSeconds * 1_000 }).ok;
    expect([one, two, other].map(({ publicKey }) => holds(publicKey))).toEqual([true, true, false]);
  });
});

describe.each(bodies)("github: %s", (_, body) => {
  it("@octokit/webhooks-methods verifies it with the newest secret, and with a fallback while receivers still have the former", async () => {
    const signature = signGithub(Buffer.from(body), secrets);
    expect(signature).toMatch(/^sha256=[0-9a-f]{64}$/);
    expect(await verifyGithub(newest, body, signature)).toBe(true);
    expect(await verifyGithub(former, body, signature)).toBe(false);
    expect(await verifyGithub(stranger, body, signature)).toBe(false);
    const before = signGithub(Buffer.from(body), [former]);
    expect(await verifyWithFallback(newest, body, before, [former])).toBe(true);
  });
});

describe.each(bodies)("stripe: %s", (_, body) => {
  it("stripe verifies it, and with either secret while a rotation overlaps", () => {
    const header = signStripe({ timestampSeconds, body: Buffer.from(body) }, secrets);
    expect(header).toMatch(/^t=\d+,v1=[0-9a-f]{64},v1=[0-9a-f]{64}$/);
    for (const secret of secrets) expect(holdsForStripe(body, header, secret)).toBe(true);
    expect(() => holdsForStripe(body, header, stranger)).toThrow("No signatures found");
  });
});

describe("an empty body", () => {
  it("is signed like any other, although the libraries of github and stripe refuse to look at one", async () => {
    const github = createHmac("sha256", newest).update("").digest("hex");
    expect(signGithub("", [newest])).toBe(`sha256=${github}`);
    await expect(verifyGithub(newest, "", `sha256=${github}`)).rejects.toThrow("required");
    const stripe = createHmac("sha256", newest).update(`${timestampSeconds}.`).digest("hex");
    const header = `t=${timestampSeconds},v1=${stripe}`;
    expect(signStripe({ timestampSeconds, body: "" }, [newest])).toBe(header);
    expect(() => holdsForStripe("", header, newest)).toThrow("No webhook payload");
  });

  it("without a secret nothing is signed", () => {
    expect(() => signGithub("x", [])).toThrow(TypeError);
    expect(() => signStripe({ timestampSeconds, body: "x" }, [])).toThrow(TypeError);
  });
});
