// What a handler's throw means for its run. A handler may throw anything, so nothing about the value is trusted.
import { JobFailure } from "@ringback/core";
import { boundedText } from "./bounded-text.ts";
import type { Failed } from "./executor/executor.ts";

/** The longest `error.message` that is kept, in UTF-8 bytes. */
export const errorMessageBytesMax = 8_192;

/** The failure that `thrown` stands for. Never throws, whatever getters, proxies or conversions the value carries. */
export function failureOf(thrown: unknown): Failed {
  try {
    if (thrown instanceof JobFailure) return failureAsAsked(thrown);
    return failed("handler_error", textOf(thrown));
  } catch {
    return failed("handler_error", "The handler threw something that cannot be read.");
  }
}

function failureAsAsked(thrown: JobFailure): Failed {
  // Its members may have been overwritten by whoever threw it.
  const { code, retryable, message } = thrown as { readonly [Name in keyof JobFailure]: unknown };
  const isKnown = code === "handler_error" || code === "blocked_address" || code === "upstream_failed";
  return {
    kind: "failed",
    code: isKnown ? code : "handler_error",
    message: boundedText(
      typeof message === "string" && message !== "" ? message : "The job failed.",
      errorMessageBytesMax,
    ),
    retryable: retryable !== false,
  };
}

function failed(code: "handler_error", message: string): Failed {
  return { kind: "failed", code, message: boundedText(message, errorMessageBytesMax), retryable: true };
}

function textOf(thrown: unknown): string {
  switch (typeof thrown) {
    case "string":
      return thrown === "" ? "The handler threw an empty string." : thrown;
    case "object":
      return thrown === null ? "The handler threw null." : textOfObject(thrown);
    case "function":
      return "The handler threw a function.";
    case "bigint":
      return "The handler threw a BigInt.";
    case "undefined":
    case "number":
    case "boolean":
    case "symbol":
      return `The handler threw ${String(thrown)}.`;
    default:
      return "The handler threw something that cannot be read.";
  }
}

/** Only what the thrower wrote as its message is told; other properties may hold anything. */
function textOfObject(thrown: object): string {
  const { message, name } = thrown as { readonly message?: unknown; readonly name?: unknown };
  const title = typeof name === "string" && name !== "" ? name.slice(0, 100) : "Error";
  if (typeof message === "string" && message !== "") {
    return title === "Error" ? message : `${title}: ${message.slice(0, errorMessageBytesMax)}`;
  }
  return thrown instanceof Error
    ? `The handler threw ${title} without a message.`
    : "The handler threw an object without a message.";
}
