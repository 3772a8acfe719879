// Reads a request's body whole, and never more of it than allowed.
import type { HonoRequest } from "hono";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";

/** The bytes of a body that says it is JSON; 415 for another type, before anything is read. */
export async function readJsonBytes(request: HonoRequest, bytesMax: number): Promise<Uint8Array | Refusal> {
  return typeProblem(request) ?? readBytes(request, bytesMax);
}

/** Those of a merge patch, which may say so (RFC 7396) or only that it is JSON. */
export async function readPatchBytes(request: HonoRequest, bytesMax: number): Promise<Uint8Array | Refusal> {
  const type = request.header("content-type")?.trim() ?? "";
  if (mergePatchType.test(type) || isJsonType(type)) return readBytes(request, bytesMax);
  return refusal(
    "content-type-unsupported",
    "The Content-Type must be application/merge-patch+json or application/json.",
  );
}

const mergePatchType = /^application\/merge-patch\+json[ \t]*(?:;[ \t]*(?:charset="?utf-8"?[ \t]*)?)*$/i;

/** Those of a body that may be empty, whose type matters only if it is not. */
export async function readOptionalJsonBytes(
  request: HonoRequest,
  bytesMax: number,
): Promise<Uint8Array | Refusal> {
  const bytes = await readBytes(request, bytesMax);
  if (isRefusal(bytes) || bytes.length === 0) return bytes;
  return typeProblem(request) ?? bytes;
}

/** 413 before reading when the body's length is announced, else as soon as it is over. */
export async function readBytes(request: HonoRequest, bytesMax: number): Promise<Uint8Array | Refusal> {
  const encoding = request.header("content-encoding");
  if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") {
    return refusal("content-encoding-unsupported", "The body has a Content-Encoding; send it as it is.");
  }
  const announced = request.header("content-length");
  if (announced !== undefined && Number(announced) > bytesMax) return tooLarge(bytesMax);
  try {
    // An announced length is enforced by the HTTP parser; without one the bytes are counted as they come.
    return announced === undefined
      ? await readCounted(request.raw.body, bytesMax)
      : new Uint8Array(await request.raw.arrayBuffer());
  } catch {
    return refusal("body-incomplete", "The connection ended before the whole body had arrived.");
  }
}

/** Parameters may be empty (RFC 9110 §5.6.6); `charset` may only say what is so anyway. */
const jsonType = /^application\/json[ \t]*(?:;[ \t]*(?:charset="?utf-8"?[ \t]*)?)*$/i;

export function isJsonType(type: string): boolean {
  return type === "application/json" || jsonType.test(type.trim());
}

function typeProblem(request: HonoRequest): Refusal | null {
  const type = request.header("content-type");
  if (type !== undefined && isJsonType(type)) return null;
  return refusal("content-type-unsupported", "The Content-Type must be application/json.");
}

async function readCounted(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array | Refusal> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes);
    bytes += value.byteLength;
    if (bytes > bytesMax) {
      // The rest is not waited for; whoever owns the socket drains or closes it.
      reader.cancel().catch(() => undefined);
      return tooLarge(bytesMax);
    }
    chunks.push(value);
  }
}

function tooLarge(bytesMax: number): Refusal {
  return refusal("body-too-large", `The body is larger than ${bytesMax} bytes, which is the limit here.`, {
    headers: { connection: "close" },
  });
}
