// Makes the OpenAPI 3.1 document of the routes themselves: what judges requests describes them.
import type { Route } from "../routes/route.ts";
import { createComponents, type Json } from "./components.ts";
import { operationJson } from "./operation-json.ts";
import { tags } from "./tags.ts";
import { webhooksJson } from "./webhooks.ts";

export type OpenApiDocument = Json;

const about = `Ringback answers **202** at once, does the work in the background, and calls back with a signed webhook when it is done.
Whoever cannot be called polls the job, or reads the feed.

- **Access.** \`Authorization: Bearer rb_live_…\`. A key belongs to one tenant and has scopes. What belongs to another tenant answers exactly like what never existed: 404.
- **Rates.** Every answer to a key carries \`RateLimit-Policy\` and \`RateLimit\`; too many requests are 429 \`rate-limited\`, and \`Retry-After\` says when to go on.
- **JSON.** camelCase; instants are RFC 3339 in UTC with milliseconds; durations end in \`Ms\` or \`Seconds\`. Unknown fields and parameters are refused by name.
- **Errors.** \`application/problem+json\` with a \`code\` of a closed list; every code has a page at \`/problems/<code>\`.
- **Trying again.** With an \`Idempotency-Key\` the same request makes one job, however often it is sent.`;

export function makeDocument(routes: readonly Route[], version: string): OpenApiDocument {
  const components = createComponents();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const item = (paths[route.path.replaceAll(/:(\w+)/g, "{$1}")] ??= {});
    item[route.method.toLowerCase()] = operationJson(route, components);
  }
  const webhooks = webhooksJson(components);
  return {
    openapi: "3.1.1",
    info: {
      title: "Ringback",
      version,
      summary: "Accepts long jobs with 202, and calls back when they are done.",
      description: about,
      license: { name: "MIT", identifier: "MIT" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: "/" }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    security: [{ key: [] }],
    paths,
    webhooks,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        key: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "rb_live_…",
          description: "An API key. It is never accepted in a query string.",
        },
        resultToken: {
          type: "apiKey",
          in: "query",
          name: "token",
          description: "The token of a callback's `resultUrl`; it opens that one result until it expires.",
        },
        runToken: {
          type: "apiKey",
          in: "header",
          name: "ringback-token",
          description: "What an upstream is called with; it ends that one run of that one job.",
        },
      },
    },
  };
}
