// Seals what must be readable again but never lie in a file in the clear: signing secrets and receivers' headers.
//
// One key seals; several may open, so that the key can be changed while everything goes on.
// AES-256-GCM, spelled `v1.<kid>.<nonce>.<ciphertext>.<tag>` with the last three in base64url. The place a value belongs
// to is authenticated with it, so a sealed value that is moved to another row, column or tenant does not open.
import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from "node:crypto";
import type { Random } from "@ringback/core";

/** Where a sealed value lies. */
export interface SealedPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
}

export interface Sealing {
  /** With the present key. */
  seal(plain: string, place: SealedPlace): string;
  /** Throws SealBroken when it was sealed with a key that is not here, for another place, or has been altered. */
  open(sealed: string, place: SealedPlace): string;
  /** The present key's id. */
  readonly present: string;
  /** Ids of the other keys that open what they have sealed, each once. */
  readonly former: readonly string[];
}

export class SealBroken extends Error {
  readonly code: "other_key" | "altered";

  constructor(code: SealBroken["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SealBroken";
    this.code = code;
  }
}

const algorithm = "aes-256-gcm";
const version = "v1";
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** What is sealed with `masterKey` and opened with any of them; each is 32 bytes, another length throws. */
export function createSealing(
  masterKey: Uint8Array,
  random: Random,
  formerKeys: readonly Uint8Array[] = [],
): Sealing {
  const present = keyIdOf(masterKey);
  // The present one comes last, so that it is itself whatever else is given.
  const keys = new Map([...formerKeys, masterKey].map((bytes) => [keyIdOf(bytes), keyOf(bytes)]));
  const presentKey = keyOf(masterKey);
  return {
    present,
    former: [...keys.keys()].filter((kid) => kid !== present),
    seal(plain, place) {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv(algorithm, presentKey, nonce, { authTagLength: tagBytes });
      cipher.setAAD(spell(place));
      const ciphertext = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return [version, present, ...[nonce, ciphertext, cipher.getAuthTag()].map(toBase64Url)].join(".");
    },
    open(sealed, place) {
      const [spelled, sealedWith, nonce, ciphertext, tag] = sealed.split(".");
      const where = `${place.table}.${place.column} of ${place.rowId}`;
      if (spelled !== version || nonce === undefined || ciphertext === undefined || tag === undefined) {
        throw new SealBroken("altered", `The sealed value in ${where} is not one that Ringback wrote.`);
      }
      const key = keys.get(sealedWith ?? "");
      if (key === undefined) {
        const here = [...keys.keys()].toReversed().join(", ");
        const message = `The value in ${where} was sealed with the master key ${sealedWith}, which is not among those that are here (${here}).`;
        throw new SealBroken("other_key", message);
      }
      try {
        const decipher = createDecipheriv(algorithm, key, fromBase64Url(nonce), { authTagLength: tagBytes });
        decipher.setAAD(spell(place));
        decipher.setAuthTag(fromBase64Url(tag));
        return decipher.update(fromBase64Url(ciphertext), undefined, "utf8") + decipher.final("utf8");
      } catch (cause) {
        throw new SealBroken("altered", `The sealed value in ${where} has been altered or moved.`, { cause });
      }
    },
  };
}

/** Tells master keys apart without telling anything about them: 8 hexadecimal digits of the key's SHA-256. */
function keyIdOf(masterKey: Uint8Array): string {
  return createHash("sha256").update(masterKey).digest("hex").slice(0, 8);
}

/** A key object, which a cipher takes about four times as fast as raw bytes. */
function keyOf(masterKey: Uint8Array): KeyObject {
  if (masterKey.byteLength !== keyBytes) {
    throw new TypeError(`A master key must be ${keyBytes} bytes, not ${masterKey.byteLength}.`);
  }
  return createSecretKey(Buffer.from(masterKey));
}

function spell({ tenantId, table, rowId, column }: SealedPlace): Uint8Array {
  return Buffer.from(`${tenantId}|${table}|${rowId}|${column}`, "utf8");
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

function fromBase64Url(text: string): Uint8Array {
  return Buffer.from(text, "base64url");
}
