// From a request to its JSON: read, decoded, scanned and parsed, with one top-level member kept as raw text if asked.
import { isUtf8 } from "node:buffer";
import type { HonoRequest } from "hono";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { locateJsonError } from "./locate-json-error.ts";
import { readJsonBytes } from "./read-body.ts";
import { scanJson } from "./scan-json.ts";

export interface JsonBody {
  readonly value: unknown;
  /** The opaque member's JSON text, byte for byte; null when it is absent. */
  readonly opaque: string | null;
  /** A top-level member's JSON text as it came; null when it is absent. */
  readonly textOf: (member: string) => string | null;
}

export const depthMax = 64;

/** Malformed, too deep, ambiguous and non-Unicode bodies are refused here, with the byte where it happened. */
export async function parseJsonBody(request: HonoRequest, bytesMax: number): Promise<JsonBody | Refusal> {
  const bytes = await readJsonBytes(request, bytesMax);
  return isRefusal(bytes) ? bytes : parseJsonBytes(bytes, null);
}

/** `opaque` names the member whose inside is forwarded and not read. */
export function parseJsonBytes(bytes: Uint8Array, opaque: string | null): JsonBody | Refusal {
  if (!isUtf8(bytes)) {
    return refusal(
      "text-invalid",
      `The body is not UTF-8: byte ${firstInvalidByte(bytes)} does not belong there.`,
    );
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const scan = scanJson(text, { depthMax, opaque });
  if (!scan.ok) {
    const { code, at, detail } = scan.problem;
    return refusal(code, `${detail} (byte ${byteOffset(text, at)}).`);
  }
  try {
    const value: unknown = JSON.parse(text);
    const textOf = (member: string): string | null => {
      const range = scan.members.get(member);
      return range === undefined ? null : text.slice(range.start, range.end);
    };
    return { value, opaque: opaque === null ? null : textOf(opaque), textOf };
  } catch {
    return notJson(text);
  }
}

function notJson(text: string): Refusal {
  if (text.trim() === "") return refusal("json-invalid", "The body is empty; send a JSON object.");
  const at = locateJsonError(text);
  const what = at >= text.length ? "ends too early" : "is not JSON";
  return refusal("json-invalid", `The body ${what} at byte ${byteOffset(text, at)}.`);
}

function byteOffset(text: string, at: number): number {
  return Buffer.byteLength(text.slice(0, at));
}

/** The number of bytes before the first that breaks UTF-8, found by halving: a prefix is good or only cut. */
function firstInvalidByte(bytes: Uint8Array): number {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isGoodPrefix(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** A decoder that expects more accepts a sequence that is cut at the end. */
function isGoodPrefix(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
