// The result of the `http` kind: the upstream's answer as a JSON value.
import type { HeaderFields } from "../http/call.ts";
import { parseJsonExactly } from "./exact-json.ts";

export interface HttpResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Parsed when it is JSON, with its numbers as they were spelled; text when it is UTF-8, base64 otherwise. */
  readonly body: unknown;
  readonly bodyEncoding?: "base64";
}

const jsonType = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function httpResult(answer: {
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Uint8Array;
}): HttpResult {
  const { status, headers } = answer;
  const kept = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return { status, headers: kept, ...readBody(answer.body, headers["content-type"]) };
}

function readBody(
  bytes: Uint8Array,
  contentType: HeaderFields[string],
): Pick<HttpResult, "body" | "bodyEncoding"> {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { body: Buffer.from(bytes).toString("base64"), bodyEncoding: "base64" };
  }
  if (typeof contentType !== "string" || !jsonType.test(contentType)) return { body: text };
  try {
    return { body: parseJsonExactly(text) };
  } catch {
    return { body: text };
  }
}
