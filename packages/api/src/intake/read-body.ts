// Reads a request's body whole, and never more of it than allowed.
import type { HonoRequest } from "hono";
import { refusal, type Refusal } from "../problems/refusal.ts";

/** The body's bytes, or why it is refused: 413 before reading when its length is announced, else as soon as it is over. */
export async function readBody(request: HonoRequest, bytesMax: number): Promise<Uint8Array | Refusal> {
  const encoding = request.header("content-encoding");
  if (encoding !== undefined && encoding !== "identity") {
    return refusal("content-encoding-unsupported", "The body has a Content-Encoding; send it as it is.");
  }
  if (!isJsonType(request.header("content-type"))) {
    return refusal("content-type-unsupported", "The Content-Type must be application/json.");
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

function isJsonType(type: string | undefined): boolean {
  if (type === "application/json") return true;
  return type !== undefined && /^application\/json *(?:; *charset="?utf-8"? *)?$/i.test(type.trim());
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
