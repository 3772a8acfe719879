// What a server's own OpenAPI document offers, as calls that a test can go through.

export interface DocumentedCall {
  readonly method: string;
  /** With `{name}` for what is to be filled in. */
  readonly path: string;
  readonly pathNames: readonly string[];
  readonly queryNames: readonly string[];
  readonly headerNames: readonly string[];
  /** The body of its first example; undefined when it has none. */
  readonly body: unknown;
  /** True when neither a key nor a token is asked for. */
  readonly isOpen: boolean;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
}

interface Content {
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export async function documentedCalls(url: string): Promise<readonly DocumentedCall[]> {
  const { paths } = (await (await fetch(new URL("/openapi.json", url))).json()) as Document;
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => callOf(method.toUpperCase(), path, operation)),
  );
}

function callOf(
  method: string,
  path: string,
  { security, parameters = [], requestBody }: Operation,
): DocumentedCall {
  const namesIn = (place: string): readonly string[] =>
    parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
  const [example] = Object.values(requestBody?.content["application/json"]?.examples ?? {});
  return {
    method,
    path,
    pathNames: namesIn("path"),
    queryNames: namesIn("query"),
    headerNames: namesIn("header"),
    body: example?.value,
    isOpen: security.length === 0,
  };
}
