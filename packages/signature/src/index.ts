// The door of signature: Standard Webhooks, signing and verifying.
export { makeEd25519Secret, makeSecret, parseSecret } from "./secret.ts";
export type { Ed25519Pair, RandomBytes, SecretCheck, SecretKind, SecretProblem } from "./secret.ts";
export { sign } from "./sign.ts";
export type { SignedContent } from "./sign.ts";
export { signGithub, signStripe } from "./vendor-forms.ts";
export { verify } from "./verify.ts";
export type { HeaderSource, Verification, VerificationProblem, VerifyInput } from "./verify.ts";
