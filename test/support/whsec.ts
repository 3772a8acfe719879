// Secrets of receivers in tests: well-formed, and different for different names.
import { createHash } from "node:crypto";

/** `whsec_` and 32 bytes in base64, always the same for the same name. */
export function whsec(name: string): string {
  return `whsec_${createHash("sha256").update(name).digest("base64")}`;
}
