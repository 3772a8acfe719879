// `/openapi.json`: the document of all routes, made at the first request for it; and `/docs`, the same as a page to read.
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { openOperations } from "../descriptions/open.ts";
import type { OpenApiDocument } from "../openapi/make-document.ts";
import type { Document } from "../pages/docs-document.ts";
import { docsPage } from "../pages/docs-page.ts";
import { pageHeaders, stylePath } from "../pages/page.ts";
import { style } from "../pages/style.ts";
import type { OpenRoute } from "./route.ts";

/** All of it changes only with the version that serves it. */
const cached = { "cache-control": "public, max-age=300" } as const;

export function documentRoutes(makeDocument: () => OpenApiDocument): readonly OpenRoute[] {
  const text = once(() => JSON.stringify(makeDocument()));
  const docs = once(() => docsPage(JSON.parse(text()) as Document));
  const access = "open";
  const styleSheet = (): Answer => ({
    status: status.ok,
    headers: { "content-type": "text/css; charset=utf-8", ...cached },
    body: style,
  });
  return [
    {
      method: "GET",
      path: "/openapi.json",
      access,
      operation: openOperations.document,
      answer: () => jsonAnswer(status.ok, text(), cached),
    },
    {
      method: "GET",
      path: "/docs",
      access,
      operation: openOperations.docs,
      answer: () => ({ status: status.ok, headers: { ...pageHeaders }, body: docs() }),
    },
    { method: "GET", path: stylePath, access, operation: openOperations.style, answer: styleSheet },
  ];
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => (made ??= { value: make() }).value;
}
