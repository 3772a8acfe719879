// Seals what must be readable again but never lie in a file in the clear: signing secrets and receivers' headers.
//
// AES-256-GCM, spelled `v1.<kid>.<nonce>.<ciphertext>.<tag>` with the last three in base64url. The place a value belongs
// to is authenticated with it, so a sealed value that is moved to another row, column or tenant does not open.
import { createCipheriv, createDecipheriv, createHash, createSecretKey } from "node:crypto";
import type { Random } from "@ringback/core";

/** Where a sealed value lies. */
export interface SealedPlace {
  readonly tenantId: string;
  readonly table: string;
  readonly rowId: string;
  readonly column: string;
}

export interface Sealing {
  seal(plain: string, place: SealedPlace): string;
  /** Throws SealBroken when it was sealed with another key, for another place, or has been altered. */
  open(sealed: string, place: SealedPlace): string;
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

/** `masterKey` is 32 bytes; another length throws. */
export function createSealing(masterKey: Uint8Array, random: Random): Sealing {
  if (masterKey.byteLength !== keyBytes) {
    throw new TypeError(`The master key must be ${keyBytes} bytes, not ${masterKey.byteLength}.`);
  }
  // As a key object, which a cipher takes about four times as fast as raw bytes.
  const key = createSecretKey(Buffer.from(masterKey));
  const kid = createHash("sha256").update(masterKey).digest("hex").slice(0, 8);
  return {
    seal(plain, place) {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(spell(place));
      const ciphertext = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return [version, kid, ...[nonce, ciphertext, cipher.getAuthTag()].map(toBase64Url)].join(".");
    },
    open(sealed, place) {
      const [spelled, sealedWith, nonce, ciphertext, tag] = sealed.split(".");
      const where = `${place.table}.${place.column} of ${place.rowId}`;
      if (spelled !== version || nonce === undefined || ciphertext === undefined || tag === undefined) {
        throw new SealBroken("altered", `The sealed value in ${where} is not one that Ringback wrote.`);
      }
      if (sealedWith !== kid) {
        const message = `The value in ${where} was sealed with the master key ${sealedWith}, and the present one is ${kid}.`;
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

function spell({ tenantId, table, rowId, column }: SealedPlace): Uint8Array {
  return Buffer.from(`${tenantId}|${table}|${rowId}|${column}`, "utf8");
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

function fromBase64Url(text: string): Uint8Array {
  return Buffer.from(text, "base64url");
}
