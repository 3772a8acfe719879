// A small house with the real one's folder names: clean where nothing is said, and one planted violation per border rule.
// What each planted file breaks stands beside it; the clean files show that the rules let pass what they should.

interface Planted {
  readonly path: string;
  readonly text: string;
  /** The rules that must name this file, no more and no fewer. */
  readonly breaks: readonly string[];
}

const doors = ["api", "core", "dispatcher", "runner", "signature", "store"];

/** Libraries of the planted house; each is one empty file, so that every import resolves. */
export const libraries: readonly string[] = [
  ...[
    "@hono/node-server",
    "better-sqlite3",
    "drizzle-orm",
    "graphile-worker",
    "@opentelemetry/api",
    "hono",
    "pg",
    "pino",
    "undici",
  ],
  ...["vitest", "zod"],
];

export const clean: readonly Planted[] = [
  file("packages/core/src/index.ts", `export * from "./job.ts";`),
  file("packages/core/src/job.ts", `export const job = 1;`),
  file("packages/core/src/job.test.ts", `import "vitest"; import "./job.ts"; import "./testing/seed.ts";`),
  file("packages/core/src/testing/seed.ts", `export { job } from "../job.ts";`),
  file("packages/signature/src/index.ts", `import "node:crypto";`),
  file("packages/signature/src/vectors.test.ts", `import "vitest"; import "./index.ts";`),
  file("packages/openapi-check/src/index.ts", `import "zod";`),
  file("packages/api/src/testing/agreement.ts", `import "@ringback/openapi-check"; import "../index.ts";`),
  file(
    "packages/api/src/index.ts",
    `import "@ringback/core"; import "@ringback/signature"; import "hono"; import "zod";`,
  ),
  file(
    "packages/dispatcher/src/index.ts",
    `import "@ringback/core"; import "@ringback/signature"; import "undici";`,
  ),
  file(
    "packages/runner/src/index.ts",
    `import "@ringback/core"; import "pg"; import "./graphile-doorbell.ts";`,
  ),
  file("packages/runner/src/graphile-doorbell.ts", `import "graphile-worker";`),
  file("packages/runner/src/executor/seat.ts", `import "@ringback/core";`),
  file("apps/server/src/isolate/isolate-start.ts", `import "@ringback/runner/seat";`),
  file("packages/store/src/index.ts", `import "./sqlite/open.ts"; import "./postgres/open.ts";`),
  file(
    "packages/store/src/sqlite/open.ts",
    `import "better-sqlite3"; import "drizzle-orm"; import "@ringback/core";`,
  ),
  file("packages/store/src/postgres/open.ts", `import "pg"; import "drizzle-orm"; import "@ringback/core";`),
  file("packages/store/src/conformance/suite.ts", `import "vitest"; import "@ringback/core";`),
  file("packages/store/src/testing/index.ts", `import "vitest"; import "@ringback/core";`),
  file("packages/store/src/sqlite/open.test.ts", `import "../conformance/suite.ts"; import "./open.ts";`),
  file(
    "apps/server/src/index.ts",
    [
      ...doors.map((room) => `import "@ringback/${room}";`),
      `import "@hono/node-server"; import "hono"; import "pino"; import "./traces/open-traces.ts";`,
    ].join("\n"),
  ),
  file(
    "apps/server/src/traces/open-traces.ts",
    `import type {} from "./otlp-traces.ts"; await import("./otlp-traces.ts");`,
  ),
  file("apps/server/src/traces/otlp-traces.ts", `import "@opentelemetry/api"; import "./spans.ts";`),
  file("apps/server/src/traces/spans.ts", `import "@opentelemetry/api";`),
  file(
    "test/e2e/main.test.ts",
    `import "@ringback/server"; import "@ringback/store/testing"; import "undici"; import "hono"; import "../support/receiver.ts";`,
  ),
  file("test/support/receiver.ts", `import "@hono/node-server";`),
];

export const planted: readonly Planted[] = [
  file("packages/core/src/planted-node.ts", `import "node:crypto";`, "core-imports-nothing"),
  file("packages/core/src/planted-library.ts", `import "zod";`, "core-imports-nothing"),
  file("packages/core/src/planted-room.ts", `import type {} from "@ringback/store";`, "core-imports-nothing"),
  file("packages/core/src/planted.test.ts", `import "zod";`, "core-tests-import-only-vitest"),
  file(
    "packages/runner/src/planted-room.ts",
    `import type {} from "@ringback/store";`,
    "room-imports-only-core",
  ),
  file("packages/store/src/planted-room.ts", `import "@ringback/signature";`, "room-imports-only-core"),
  file(
    "packages/api/src/planted-room.ts",
    `import "@ringback/dispatcher";`,
    "room-imports-only-core-and-signature",
  ),
  file(
    "packages/dispatcher/src/planted-room.ts",
    `import "@ringback/runner";`,
    "room-imports-only-core-and-signature",
  ),
  file("packages/signature/src/planted-room.ts", `import "@ringback/core";`, "signature-imports-no-room"),
  file("packages/signature/src/planted-library.ts", `import "zod";`, "signature-imports-no-room"),
  file(
    "packages/openapi-check/src/planted-room.ts",
    `import "@ringback/core";`,
    "openapi-check-imports-no-room",
  ),
  file(
    "packages/api/src/planted-openapi-check.ts",
    `import "@ringback/openapi-check";`,
    "openapi-check-only-in-tests",
  ),
  file("packages/api/src/planted-app.ts", `import "@ringback/server";`, "nobody-imports-an-app"),
  file(
    "packages/api/src/planted-test.ts",
    `import "../../../test/support/receiver.ts";`,
    "nobody-imports-tests",
    "only-through-a-door",
    "no-relative-path-into-a-workspace",
    "room-imports-only-core-and-signature",
  ),
  file(
    "test/e2e/planted-path.ts",
    `import "../../packages/core/src/job.ts";`,
    "only-through-a-door",
    "no-relative-path-into-a-workspace",
  ),
  file(
    "test/e2e/planted-app-path.ts",
    `import "../../apps/server/src/main.ts";`,
    "only-through-a-door",
    "no-relative-path-into-a-workspace",
  ),
  file(
    "apps/server/src/planted-relative-door.ts",
    `import "../../../packages/core/src/index.ts";`,
    "no-relative-path-into-a-workspace",
  ),
  file("packages/runner/src/executor/isolate-pool.ts", `import "./seat.ts";`),
  file(
    "apps/server/src/planted-beside-the-seat.ts",
    `import "../../../packages/runner/src/executor/isolate-pool.ts";`,
    "only-through-a-door",
    "no-relative-path-into-a-workspace",
  ),
  file("apps/server/src/main.ts", `import "./index.ts";`),
  file(
    "packages/store/src/sqlite/planted-twin.ts",
    `import "../postgres/open.ts";`,
    "sqlite-never-imports-postgres",
  ),
  file(
    "packages/store/src/postgres/planted-twin.ts",
    `import "../sqlite/open.ts";`,
    "postgres-never-imports-sqlite",
  ),
  file("packages/runner/src/planted-sqlite.ts", `import "better-sqlite3";`, "sqlite-only-in-store"),
  file("apps/server/src/planted-drizzle.ts", `import "drizzle-orm";`, "sqlite-only-in-store"),
  file("packages/api/src/planted-pg.ts", `import "pg";`, "pg-only-in-store-and-runner"),
  file(
    "packages/runner/src/planted-graphile.ts",
    `import "graphile-worker";`,
    "graphile-only-in-its-doorbell",
  ),
  file("packages/api/src/planted-undici.ts", `import type {} from "undici";`, "undici-only-in-dispatcher"),
  file("packages/dispatcher/src/planted-hono.ts", `import "hono";`, "hono-only-in-api-and-server"),
  file("packages/api/src/planted-listen.ts", `import "@hono/node-server";`, "node-server-only-in-server"),
  file(
    "packages/runner/src/planted-opentelemetry.ts",
    `import "@opentelemetry/api";`,
    "opentelemetry-only-in-the-server's-traces",
  ),
  file(
    "apps/server/src/planted-traces.ts",
    `import "./traces/otlp-traces.ts";`,
    "traces-are-loaded-only-when-they-are-on",
  ),
  file("packages/store/src/planted-vitest.ts", `import "vitest";`, "vitest-only-in-tests"),
  file(
    "packages/store/src/planted-suite.ts",
    `import "./conformance/suite.ts";`,
    "tests-stay-out-of-production",
  ),
  file(
    "apps/server/src/planted-testing.test.ts",
    `import "@ringback/store/testing";`,
    "testing-doors-only-for-tests",
  ),
  // A cycle is reported once, at the file that closes it.
  file("packages/api/src/planted-cycle.ts", `import "./planted-cycle-back.ts";`),
  file("packages/api/src/planted-cycle-back.ts", `import type {} from "./planted-cycle.ts";`, "no-cycles"),
  file("packages/dispatcher/src/planted-orphan.ts", `export const orphan = 1;`, "no-orphans"),
  file("packages/store/src/planted-unresolvable.ts", `import "./nowhere.ts";`, "no-unresolvable"),
  file("test/e2e/planted-deep.ts", `import "@ringback/core/src/job.ts";`, "no-unresolvable"),
];

function file(path: string, text: string, ...breaks: readonly string[]): Planted {
  return { path, text, breaks };
}
