// The parameters of an operation: of its path, its query (made from the schema that reads it) and its headers.
import type { z } from "zod";
import type { Components, Json } from "./components.ts";
import { requestHeaders } from "./headers.ts";
import type { Example, Operation } from "./operation.ts";

export function parametersJson(operation: Operation, components: Components): readonly Json[] {
  const { path = {}, query, parameters = [], headers = [], examples } = operation;
  return [
    ...Object.entries(path).map(([name, description]) => ({
      name,
      in: "path",
      required: true,
      description,
      schema: { type: "string" },
      ...examplesOf(examples, (example) => example.path?.[name]),
    })),
    ...(query === undefined ? [] : queryJson(query, components)).map((parameter) => ({
      ...parameter,
      ...examplesOf(examples, (example) => example.query?.[parameter.name]),
    })),
    ...parameters.map(({ name, description, schema, explode }) => ({
      name,
      in: "query",
      description,
      schema: components.schemaOf(schema),
      ...(explode === true ? { style: "form", explode: true } : {}),
      ...(explode === true ? {} : examplesOf(examples, (example) => example.query?.[name])),
    })),
    ...headers.map((name) => ({
      name,
      in: "header",
      ...("required" in requestHeaders[name] ? { required: true } : {}),
      description: requestHeaders[name].description,
      schema: { type: requestHeaders[name].type },
      ...examplesOf(examples, (example) => example.headers?.[name]),
    })),
  ];
}

function queryJson(query: z.ZodObject, components: Components) {
  const schema = components.schemaOf(query) as {
    readonly properties: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(schema.properties).map(([name, { description, ...own }]) => ({
    name,
    in: "query",
    ...(schema.required?.includes(name) === true ? { required: true } : {}),
    description,
    // Several values are one text with commas.
    ...(own["type"] === "array" ? { style: "form", explode: false } : {}),
    schema: own,
  }));
}

function examplesOf(
  examples: readonly Example[],
  valueOf: (example: Example) => string | undefined,
): { readonly examples?: Json } {
  const given = examples.flatMap((example) => {
    const value = valueOf(example);
    return value === undefined ? [] : [[example.name, { value }] as const];
  });
  return given.length === 0 ? {} : { examples: Object.fromEntries(given) };
}
