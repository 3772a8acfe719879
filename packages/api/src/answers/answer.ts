// An answer as plain data: routes return it, and one place (routes/mount.ts) makes the HTTP response of it.
import { status, type Status } from "./status.ts";

export interface Answer {
  readonly status: Status;
  /** Lower-case names. The answer's own object: the mount adds `x-request-id` to it. */
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** `json` is JSON text and goes out as it is. */
export function jsonAnswer(
  code: Status,
  json: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status: code, headers: { "content-type": "application/json", ...headers }, body: json };
}

export function noContent(headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: status.noContent, headers: { ...headers }, body: null };
}

/** 304: what the client has is still true (RFC 9110 §15.4.5 wants the ETag repeated). */
export function notModified(etag: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: status.notModified, headers: { etag, ...headers }, body: null };
}
