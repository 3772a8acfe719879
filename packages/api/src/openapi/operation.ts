// What a route says of itself: the one source of its part of the OpenAPI document. A route without it does not compile.
import type { z } from "zod";
import type { Status } from "../answers/status.ts";
import type { ProblemCode } from "../problems/catalogue.ts";
import type { AnswerHeader, RequestHeader } from "./headers.ts";
import type { Tag } from "./tags.ts";

export interface Operation {
  /** Unique, camelCase; client generators make a function's name of it. */
  readonly id: string;
  readonly tag: Tag;
  /** One line without a full stop. */
  readonly summary: string;
  /** Sentences; backticks make code. */
  readonly description?: string;
  /** What the path's `:name` parts are. */
  readonly path?: Readonly<Record<string, string>>;
  /** The schema that reads the query; parameters are made of it. */
  readonly query?: z.ZodObject;
  /** Further query parameters that are read by name, beside or without a schema. */
  readonly parameters?: readonly QueryParameter[];
  readonly headers?: readonly RequestHeader[];
  /** The schema that judges the body. */
  readonly body?: OperationBody;
  /** Every answer that is no problem. */
  readonly answers: readonly [AnswerForm, ...AnswerForm[]];
  /** Codes beside those that follow from its access, path, query and body (openapi/refusals-of.ts). */
  readonly refusals?: readonly ProblemCode[];
  /** What stands in for a key: the token of a result's link, or the one that an upstream was called with. */
  readonly acceptsToken?: "result" | "run";
  /** Whether answering may call the receiver of the body's `callback`. */
  readonly callsBack?: boolean;
  /** At least one; each is sent to the app by a test, and its answer recorded in recorded-answers.json. */
  readonly examples: readonly [Example, ...Example[]];
}

export interface OperationBody {
  readonly schema: z.ZodType;
  readonly mayBeEmpty?: boolean;
  /** It may say that it is a merge patch, too (RFC 7396). */
  readonly mayBeMergePatch?: boolean;
  /** A body of any other type is taken, too, as the bytes it is. */
  readonly mayBeBytes?: boolean;
}

export interface QueryParameter {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
  /** One parameter per member of an object schema. */
  readonly explode?: boolean;
}

export interface AnswerForm {
  readonly status: Status;
  readonly description: string;
  /** Headers that are always there, and those that may be. */
  readonly always?: readonly AnswerHeader[];
  readonly sometimes?: readonly AnswerHeader[];
  /** By media type; none for an answer without a body. `*` stands for any type. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
}

export interface Example {
  /** Unique within the operation, camelCase. */
  readonly name: string;
  readonly summary: string;
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Partial<Readonly<Record<RequestHeader, string>>>;
  readonly body?: unknown;
  /** False when the answer is too long to show. */
  readonly showsAnswer?: false;
}

type Headers = Pick<AnswerForm, "always" | "sometimes">;

/** An answer with a JSON body. */
export function jsonForm(
  status: Status,
  description: string,
  schema: z.ZodType,
  headers: Headers = {},
): AnswerForm {
  return { status, description, content: { "application/json": schema }, ...headers };
}

/** An answer without a body. */
export function emptyForm(status: Status, description: string, headers: Headers = {}): AnswerForm {
  return { status, description, ...headers };
}
