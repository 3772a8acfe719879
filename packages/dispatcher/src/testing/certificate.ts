// Makes X.509 certificates in memory (RFC 5280), for receivers that speak TLS well or badly.
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";

export interface Authority {
  readonly name: string;
  readonly key: KeyObject;
  /** PEM. */
  readonly cert: string;
}

export interface CertificateOptions {
  readonly host: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const defaultNotBefore = new Date("2020-01-01T00:00:00Z");
const defaultNotAfter = new Date("2049-01-01T00:00:00Z");

/** A certificate authority that signs itself. */
export function makeAuthority(name: string): Authority {
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const basicConstraints = extension("551d13", sequence(tagged(0x01, Buffer.from([0xff]))), true);
  return { name, key, cert: certificate({ name, key }, { name, key, extensions: [basicConstraints] }) };
}

/** Key and certificate of a host, as `tls.createServer` takes them; without an authority it signs itself. */
export function makeCertificate(
  authority: Authority | null,
  options: CertificateOptions,
): { readonly key: string; readonly cert: string } {
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subjectAltName = extension("551d11", sequence(tagged(0x82, Buffer.from(options.host))), false);
  const subject = { ...options, name: options.host, key, extensions: [subjectAltName] };
  const issuer = authority ?? { name: options.host, key };
  return { key: String(key.export({ type: "pkcs8", format: "pem" })), cert: certificate(issuer, subject) };
}

interface Subject {
  readonly name: string;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

let serial = 0;

function certificate(issuer: { readonly name: string; readonly key: KeyObject }, subject: Subject): string {
  serial += 1;
  const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
  const validity = [subject.notBefore ?? defaultNotBefore, subject.notAfter ?? defaultNotAfter].map(utcTime);
  const toBeSigned = sequence(
    tagged(0xa0, integer(2)),
    integer(serial),
    ecdsaWithSha256,
    distinguishedName(issuer.name),
    sequence(...validity),
    distinguishedName(subject.name),
    createPublicKey(subject.key).export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...subject.extensions)),
  );
  const signature = bitString(sign("sha256", toBeSigned, issuer.key));
  const der = sequence(toBeSigned, ecdsaWithSha256, signature);
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  return sequence(tagged(0x31, sequence(oid("550403"), tagged(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [tagged(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, tagged(0x04, value));
}

function utcTime(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return tagged(0x17, Buffer.from(`${digits}Z`));
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, "hex"));
}

function integer(value: number): Buffer {
  return tagged(0x02, Buffer.from([value]));
}

function bitString(bytes: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), bytes]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** Tag, length and value in DER (X.690 §8.1). */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const long = length > 0xff ? [0x82, length >> 8, length & 0xff] : [0x81, length];
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? [length] : long)]), value]);
}
