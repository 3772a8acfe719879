// `/openapi.json`: the document of all routes, made at the first request for it.
import { jsonAnswer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { openOperations } from "../descriptions/open.ts";
import type { OpenApiDocument } from "../openapi/make-document.ts";
import type { OpenRoute } from "./route.ts";

/** It changes only with the version that serves it. */
const cached = { "cache-control": "public, max-age=300" } as const;

export function documentRoutes(makeDocument: () => OpenApiDocument): readonly OpenRoute[] {
  const text = once(() => JSON.stringify(makeDocument()));
  return [
    {
      method: "GET",
      path: "/openapi.json",
      access: "open",
      operation: openOperations.document,
      answer: () => jsonAnswer(status.ok, text(), cached),
    },
  ];
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}
