// Refuses numbers in metadata that reading changes: what is kept and filtered by must be the number that was sent.
import { refusal, type Refusal } from "../problems/refusal.ts";
import { bodyPathOf } from "../schemas/check-shape.ts";
import type { JsonBody } from "./parse-json-body.ts";

/** Null when every number of the body's `metadata`, whose shape has been checked, survives; or the refusal naming those that do not. */
export function metadataProblem(body: Pick<JsonBody, "textOf">): Refusal | null {
  const text = body.textOf("metadata");
  if (text === null) return null;
  const errors = changingNumbers(text).map((name) => ({
    path: bodyPathOf(["metadata", name]),
    message: "is a number that does not survive being read as one; send it as text",
  }));
  const [first] = errors;
  return first === undefined
    ? null
    : refusal("invalid-request", `${first.path}: ${first.message}`, { errors });
}

/** The names of the members that would come back as other numbers, or that other readers would round. `1.0` is 1. */
function changingNumbers(text: string): string[] {
  const names: string[] = [];
  // The third argument is ECMAScript's source text access; the types here do not know it yet.
  const look = (name: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== "number") return value;
    const { source = "" } = context ?? {};
    if (isRounded(value) || digitsOf(source) !== digitsOf(String(value))) names.push(name);
    return value;
  };
  JSON.parse(text, look);
  return names;
}

/** A decimal number in one spelling: its digits without zeros at either end, and where its point is. */
function digitsOf(spelled: string): string {
  const [mantissa = "", exponent = "0"] = spelled.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.replace(/^-/, "").split(".");
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const sign = mantissa.startsWith("-") ? "-" : "";
  return `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

function isRounded(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}
