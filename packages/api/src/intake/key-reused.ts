// What is answered when an idempotency key has been used for another request.
import type { KeyReused } from "@ringback/core";
import { refusal, type Refusal } from "../problems/refusal.ts";

export function keyReused({ requestHash, madeId }: KeyReused): Refusal {
  const earlier = `whose SHA-256 begins with ${requestHash.slice(0, 12)}, and made ${madeId}`;
  return refusal("idempotency-key-reused", `This key was used for another request, ${earlier}.`);
}
