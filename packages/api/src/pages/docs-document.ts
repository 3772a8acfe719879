// The parts of the OpenAPI document that the page shows, and where its operations are.

export interface Document {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
  };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly webhooks: Readonly<Record<string, { readonly post: OperationObject }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly "x-scope"?: string;
  readonly security: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required: boolean;
    readonly content: Readonly<Record<string, Content>>;
  };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly callbacks?: object;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: Schema;
  readonly examples?: Examples;
}

export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<
    Record<
      string,
      { readonly description: string; readonly required?: boolean; readonly examples?: Examples }
    >
  >;
  readonly content?: Readonly<Record<string, Content>>;
}

export interface Content {
  readonly schema: Schema;
  readonly examples?: Examples;
}

export type Examples = Readonly<Record<string, { readonly summary?: string; readonly value: unknown }>>;

/** JSON Schema 2020-12, as far as ours go. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** An operation with where it is. */
export interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

export function operationsOf({ paths }: Document): readonly Placed[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
}

export function refName(ref: string): string {
  return ref.slice("#/components/schemas/".length);
}

/** The problem codes of an answer; none when it is no problem. */
export function codesOf({ content }: Answer): readonly string[] {
  const code = content?.["application/problem+json"]?.schema.properties?.["code"];
  return (code?.enum ?? []).map(String);
}

/** The problem codes that every operation can answer. */
export function codesEverywhere(operations: readonly Placed[]): readonly string[] {
  const [first, ...rest] = operations.map(
    ({ operation }) => new Set(Object.values(operation.responses).flatMap(codesOf)),
  );
  return [...(first ?? [])].filter((code) => rest.every((codes) => codes.has(code)));
}
