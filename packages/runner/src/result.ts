// Turns what a handler returned into the bytes that are kept, or says why it cannot be kept. Never throws.
import { jsonContentType, type JobErrorCode, type JobResult } from "@ringback/core";
import { boundedText } from "./bounded-text.ts";
import { measureResult } from "./result-size.ts";
import { errorMessageBytesMax } from "./thrown-value.ts";

export type EncodedResult =
  | { readonly ok: true; readonly result: JobResult }
  | {
      readonly ok: false;
      readonly code: Extract<JobErrorCode, "result_too_large" | "result_not_serialisable">;
      readonly message: string;
    };

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** RFC 9110 §8.3.1: type "/" subtype and parameters, in visible ASCII, since it becomes a header. */
const mediaTypePattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[\x20-\x7e\t]*)?$/;
const mediaTypeLengthMax = 255;

/**
 * Exactly `{contentType, body}` with a string or bytes is kept as it is; undefined is JSON null; everything else is
 * written as JSON, with `toJSON` and getters of the value being called. `bytesMax` bounds the encoded result.
 */
export function encodeResult(value: unknown, bytesMax: number): EncodedResult {
  try {
    if (isOwnBytes(value)) return encodeOwnBytes(value, bytesMax);
    return encodeJson(value, bytesMax);
  } catch (thrown) {
    return unwritable(`The result cannot be written as JSON: ${reasonOf(thrown)}`);
  }
}

interface OwnBytes {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

function isOwnBytes(value: unknown): value is OwnBytes {
  if (typeof value !== "object" || value === null || !("contentType" in value) || !("body" in value))
    return false;
  const { contentType, body } = value;
  return (
    Object.keys(value).length === 2 &&
    typeof contentType === "string" &&
    (typeof body === "string" || body instanceof Uint8Array)
  );
}

function encodeOwnBytes(value: OwnBytes, bytesMax: number): EncodedResult {
  const { contentType, body } = value;
  if (contentType.length > mediaTypeLengthMax || !mediaTypePattern.test(contentType)) {
    return unwritable("The result's contentType is not a media type such as text/csv.");
  }
  const leastBytes = typeof body === "string" ? body.length : body.byteLength;
  if (leastBytes > bytesMax) return tooLarge(`${leastBytes}`, bytesMax);
  // Bytes are copied, because the handler may go on writing to its own.
  const bytes = typeof body === "string" ? encoder.encode(body) : Uint8Array.from(body);
  if (bytes.byteLength > bytesMax) return tooLarge(`${bytes.byteLength}`, bytesMax);
  if (contentType === jsonContentType && !isJson(bytes)) {
    return unwritable(`The result says that it is ${jsonContentType}, but its body is not JSON.`);
  }
  return { ok: true, result: { contentType, body: bytes } };
}

/** JSON results stand inside event bodies as they are, so text that is no JSON would break them. */
function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(strictDecoder.decode(bytes));
    return true;
  } catch {
    return false;
  }
}

function encodeJson(value: unknown, bytesMax: number): EncodedResult {
  if (typeof value === "function" || typeof value === "symbol") {
    return unwritable(`The result is a ${typeof value}, which JSON does not have.`);
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return unwritable("The result is bytes; return them as {contentType, body}.");
  }
  const size = measureResult(value, bytesMax);
  if (size.kind === "too_large") return tooLarge(`at least ${size.bytes}`, bytesMax);
  if (size.kind === "unwritable") {
    return unwritable(`The result ${size.path === "" ? "" : `at ${size.path} `}${size.why}.`);
  }
  const text: string | undefined = value === undefined ? "null" : JSON.stringify(value);
  if (text === undefined) return unwritable("The result's toJSON returned nothing that JSON has.");
  if (text.length > bytesMax) return tooLarge(`at least ${text.length}`, bytesMax);
  const body = encoder.encode(text);
  if (body.byteLength > bytesMax) return tooLarge(`${body.byteLength}`, bytesMax);
  return { ok: true, result: { contentType: jsonContentType, body } };
}

function tooLarge(size: string, bytesMax: number): EncodedResult {
  const message = `The result has ${size} bytes; at most ${bytesMax} bytes are kept.`;
  return { ok: false, code: "result_too_large", message };
}

function unwritable(message: string): EncodedResult {
  return { ok: false, code: "result_not_serialisable", message: boundedText(message, errorMessageBytesMax) };
}

/** What a getter or `toJSON` of the value threw is as little to be trusted as the value. */
function reasonOf(thrown: unknown): string {
  try {
    const message = thrown instanceof Error ? (thrown.message as unknown) : thrown;
    return typeof message === "string" ? message.slice(0, errorMessageBytesMax) : "it threw.";
  } catch {
    return "it threw.";
  }
}
