// Judges a received request as a stranger would: with the npm package `standardwebhooks`, over the exact bytes.
import { Webhook } from "standardwebhooks";

export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Null when the signature holds, else the reason why not. */
export function whyUnverified(request: SignedRequest, secret: string): string | null {
  try {
    new Webhook(secret).verify(request.body, { ...request.headers });
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}
