// The parts of an OpenAPI 3.1 document that are looked at, and where an exchange stands in it.

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly webhooks?: Readonly<Record<string, { readonly post: OperationObject }>>;
  readonly components: object;
}

export interface OperationObject {
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly content: Readonly<Record<string, object>> };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

export interface ParameterObject {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly explode?: boolean;
  readonly schema: { readonly type?: string; readonly propertyNames?: { readonly pattern?: string } };
}

export interface ResponseObject {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, object>>;
}

export interface Place {
  readonly operation: OperationObject;
  /** A JSON pointer to the operation, without the `#`. */
  readonly pointer: string;
}

/** Null when the document has no such path, or the path no such method. HEAD stands where GET does. */
export function placeOf({ paths }: OpenApi, method: string, pathname: string): Place | null {
  const segments = pathname.split("/");
  const candidates = Object.entries(paths).filter(([path]) => isMatch(path.split("/"), segments));
  // A path without parameters goes before one with, as OpenAPI says.
  const [best] = candidates.toSorted(([left], [right]) => braces(left) - braces(right));
  if (best === undefined) return null;
  const [path, item] = best;
  const verb = method === "HEAD" ? "get" : method.toLowerCase();
  const operation = item[verb];
  return operation === undefined ? null : { operation, pointer: pointerOf(["paths", path, verb]) };
}

/** RFC 6901. */
export function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function isMatch(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, index) =>
      part.startsWith("{") ? segments[index] !== "" : part === segments[index],
    )
  );
}

function braces(path: string): number {
  return path.split("{").length;
}
