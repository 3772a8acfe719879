// Applies a schema to a request and turns what it finds into a refusal: unknown fields by name, everything else by pointer.
import type { z } from "zod";
import type { ProblemCode } from "../problems/catalogue.ts";
import { refusal, type FieldProblem, type Refusal } from "../problems/refusal.ts";

type Issue = z.core.$ZodIssue;

export interface ShapeRefusals {
  /** The code for values that cannot be. */
  readonly invalid: ProblemCode;
  /** How a path is spelled in `errors`. */
  readonly pathOf: (path: readonly PropertyKey[]) => string;
}

/** A JSON pointer (RFC 6901) into the body. */
export function bodyPathOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

const bodyRefusals: ShapeRefusals = { invalid: "invalid-request", pathOf: bodyPathOf };

const errorsMax = 50;

/** The schema's output, or the refusal with everything that is wrong, at most 50 entries. */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  refusals: ShapeRefusals = bodyRefusals,
): { readonly value: z.output<Schema> } | Refusal {
  const checked = schema.safeParse(value);
  if (checked.success) return { value: checked.data };
  const { issues } = checked.error;
  const unknown = issues.flatMap((issue) => unknownFields(issue, refusals));
  if (unknown.length > 0) {
    const names = unknown.map(({ path }) => path).join(", ");
    return refusal("fields-unknown", `These fields do not exist: ${names}. See /problems/fields-unknown.`, {
      errors: unknown.slice(0, errorsMax),
    });
  }
  const errors = issues.map((issue) => ({ path: refusals.pathOf(issue.path), message: sentence(issue) }));
  const [first] = errors;
  const detail =
    first === undefined
      ? "The request is not valid."
      : `${first.path === "" ? "The body" : first.path}: ${first.message}`;
  return refusal(refusals.invalid, errors.length > 1 ? `${detail} (and ${errors.length - 1} more)` : detail, {
    errors: errors.slice(0, errorsMax),
  });
}

function unknownFields(issue: Issue, { pathOf }: ShapeRefusals): FieldProblem[] {
  if (issue.code !== "unrecognized_keys") return [];
  return issue.keys.map((name) => ({
    path: pathOf([...issue.path, name.slice(0, 100)]),
    message: "There is no such field.",
  }));
}

function sentence(issue: Issue): string {
  const [inner] = issue.code === "invalid_key" ? issue.issues : [];
  const text = inner?.message ?? issue.message;
  return text.replace(/^Invalid input: /, "");
}
