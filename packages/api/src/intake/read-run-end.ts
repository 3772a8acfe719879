// How somebody outside says that a run has ended: a result as JSON or as bytes of any type, or why it failed.
import {
  inlineResultBytesMax,
  isInlineResult,
  jsonContentType,
  type JobKey,
  type JobResult,
  type RunOutcome,
} from "@ringback/core";
import type { HonoRequest } from "hono";
import { isRefusal, refusal, type Refusal } from "../problems/refusal.ts";
import { checkShape } from "../schemas/check-shape.ts";
import { completeSchema, failSchema } from "../schemas/lease-request.ts";
import type { ResultLinks } from "../tokens/result-links.ts";
import { parseJsonBody, parseJsonBytes } from "./parse-json-body.ts";
import { isJsonType, readBytes } from "./read-body.ts";

export interface RunEndDeps {
  readonly resultLinks: Pick<ResultLinks, "mint">;
  readonly settings: {
    readonly bodyBytesMax: number;
    readonly resultBytesMax: number;
    readonly resultTokenTtlMs: number;
  };
}

/** What stands around a result in `{"result": …}`. */
const envelopeBytesMax = 1_024;
/** RFC 9110 §8.3.1, in visible ASCII, since it becomes a header again. */
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[\x20-\x7e\t]*)?$/;
const mediaTypeLengthMax = 255;

export async function readResult(
  request: HonoRequest,
  job: JobKey,
  deps: RunEndDeps,
): Promise<RunOutcome | Refusal> {
  const { resultBytesMax, resultTokenTtlMs } = deps.settings;
  const type = request.header("content-type")?.trim() ?? "";
  const isJson = isJsonType(type);
  const bytes = await readBytes(request, isJson ? resultBytesMax + envelopeBytesMax : resultBytesMax);
  if (isRefusal(bytes)) return bytes;
  const result = isJson ? jsonResult(bytes, resultBytesMax) : typedResult(type, bytes);
  if (isRefusal(result)) return result;
  const resultUrl = isInlineResult(result, inlineResultBytesMax)
    ? null
    : deps.resultLinks.mint({ tenantId: job.tenantId, jobId: job.jobId, ttlMs: resultTokenTtlMs });
  return { kind: "succeeded", result, resultUrl };
}

/** `{"result": …}`, whose inside is kept byte for byte; without it the result is null. */
function jsonResult(bytes: Uint8Array, bytesMax: number): JobResult | Refusal {
  const parsed = parseJsonBytes(bytes, "result");
  if (isRefusal(parsed)) return parsed;
  const shape = checkShape(completeSchema, parsed.value);
  if (isRefusal(shape)) return shape;
  const body = Buffer.from(parsed.opaque ?? "null");
  if (body.byteLength > bytesMax)
    return refusal("body-too-large", `The result is larger than ${bytesMax} bytes, which is the limit here.`);
  return { contentType: jsonContentType, body };
}

function typedResult(type: string, body: Uint8Array): JobResult | Refusal {
  if (type.length <= mediaTypeLengthMax && mediaType.test(type)) return { contentType: type, body };
  return refusal(
    "content-type-unsupported",
    "The Content-Type must say what the result is, such as text/csv.",
  );
}

export async function readFailure(
  request: HonoRequest,
  code: "handler_error" | "upstream_failed",
  deps: RunEndDeps,
): Promise<RunOutcome | Refusal> {
  const body = await parseJsonBody(request, deps.settings.bodyBytesMax);
  if (isRefusal(body)) return body;
  const shape = checkShape(failSchema, body.value);
  if (isRefusal(shape)) return shape;
  return { kind: "failed", code, ...shape.value };
}
