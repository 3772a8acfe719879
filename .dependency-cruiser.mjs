// The borders of the house (ARCHITECTURE.md): who may import whom. Each rule has a planted violation in
// test/rules/planted-borders.ts that proves it fires; a rule without one fails test/rules/borders.test.ts.

/** Files that are tests or exist for tests: beside their room's own borders they may use test libraries. */
const tests = String.raw`\.test\.ts$|/src/(testing|conformance)/`;

/** Where the house's own sources are. */
const sources = String.raw`^(apps|packages|test|drizzle)/`;

/** A library as it is resolved under node_modules, also in pnpm's layout, or as it is written when it is not installed. */
function library(...names) {
  return String.raw`(^|node_modules/)(${names.join("|")})(/|$)`;
}

/** Forbids everybody outside `inside` to import these libraries. `test/` drives whole systems and is named where it may. */
function onlyIn(name, { inside, libraries }) {
  return {
    name,
    severity: "error",
    comment: `Only ${inside.join(", ")} may know ${libraries.join(", ")}.`,
    from: { path: sources, pathNot: inside.map((folder) => `^${folder}`) },
    to: { path: library(...libraries) },
  };
}

/** What a room may import beside its own files, node and the libraries of its package.json. */
function roomImportsOnly(name, { rooms, allowed }) {
  return {
    name,
    severity: "error",
    comment: `${rooms.join(", ")}: of the house only ${allowed.join(" and ")}.`,
    from: { path: `^packages/(${rooms.join("|")})/` },
    to: {
      path: "^(packages|test)/",
      // What only tests may have is held by its own rule.
      pathNot: [...allowed.map((room) => `^packages/${room}/`), "^packages/$1/", "^packages/openapi-check/"],
    },
  };
}

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "core-imports-nothing",
      severity: "error",
      comment:
        "core is nouns, decisions and ports; whatever it needs from outside is a port. Not even node:*.",
      from: { path: "^packages/core/", pathNot: tests },
      to: { pathNot: "^packages/core/" },
    },
    {
      name: "core-tests-import-only-vitest",
      severity: "error",
      comment: "A test of core needs core and a test runner.",
      from: { path: `^packages/core/.*(${tests})` },
      to: { pathNot: ["^packages/core/", library("vitest", "fast-check")], dependencyTypesNot: ["core"] },
    },
    roomImportsOnly("room-imports-only-core", { rooms: ["runner", "store"], allowed: ["core"] }),
    roomImportsOnly("room-imports-only-core-and-signature", {
      rooms: ["api", "dispatcher"],
      allowed: ["core", "signature"],
    }),
    {
      name: "signature-imports-no-room",
      severity: "error",
      comment: "signature is published on its own: nothing of the house, no library.",
      from: { path: "^packages/signature/", pathNot: tests },
      to: { pathNot: "^packages/signature/", dependencyTypesNot: ["core"] },
    },
    {
      name: "openapi-check-imports-no-room",
      severity: "error",
      comment: "It holds any document to its word, and is no part of what it checks.",
      from: { path: "^packages/openapi-check/", pathNot: tests },
      to: { path: "^(apps|packages|test)/", pathNot: "^packages/openapi-check/" },
    },
    {
      name: "openapi-check-only-in-tests",
      severity: "error",
      comment: "What holds answers to the document stays out of production.",
      from: { path: sources, pathNot: [tests, "^test/", "^packages/openapi-check/"] },
      to: { path: "^packages/openapi-check/" },
    },
    {
      name: "nobody-imports-an-app",
      severity: "error",
      comment: "apps/server assembles; an app is an end of the star. Only test/ starts it, through its door.",
      from: { path: "^(apps|packages|drizzle)/([^/]+)/" },
      to: { path: "^apps/", pathNot: "^$1/$2/" },
    },
    {
      name: "nobody-imports-tests",
      severity: "error",
      comment: "test/ looks at the house from outside.",
      from: { path: "^(apps|packages|drizzle)/" },
      to: { path: "^test/" },
    },
    {
      name: "only-through-a-door",
      severity: "error",
      comment:
        "Across workspaces only what a package.json exports: the package's name, never a path into it.",
      from: { path: "^((?:apps|packages)/[^/]+|test|drizzle)/" },
      to: {
        path: "^((apps|packages)/[^/]+|test)/",
        // The second door of runner is what isolates load: the seat, and nothing else of the room.
        // The second door of store is called before its first one is loaded.
        pathNot: [
          "^$1/",
          "^(apps|packages)/[^/]+/src/(testing/)?index\\.ts$",
          "^packages/runner/src/executor/seat\\.ts$",
          "^packages/store/src/quick-imports\\.ts$",
        ],
      },
    },
    {
      name: "testing-doors-only-for-tests",
      severity: "error",
      comment: "A room may lend what its own tests stand on, by a second door, to test/ and to nobody else.",
      from: { path: "^(apps|packages)/([^/]+)/" },
      to: { path: "^packages/[^/]+/src/testing/", pathNot: "^$1/$2/" },
    },
    {
      name: "no-relative-path-into-a-workspace",
      severity: "error",
      comment: "Also a door is entered by its name, so that package.json says who needs whom.",
      from: { path: "^((?:apps|packages)/[^/]+|test|drizzle)/" },
      to: { path: "^((apps|packages)/[^/]+|test)/", pathNot: "^$1/", dependencyTypes: ["local"] },
    },
    {
      name: "sqlite-never-imports-postgres",
      severity: "error",
      comment: "Twins are equal because neither leans on the other.",
      from: { path: "^packages/store/src/sqlite/" },
      to: { path: "^packages/store/src/postgres/" },
    },
    {
      name: "postgres-never-imports-sqlite",
      severity: "error",
      comment: "Twins are equal because neither leans on the other.",
      from: { path: "^packages/store/src/postgres/" },
      to: { path: "^packages/store/src/sqlite/" },
    },
    onlyIn("sqlite-only-in-store", {
      // The benchmark puts a million rows into a database, which no door of a room is made for.
      inside: ["packages/store/", "test/bench/"],
      libraries: ["better-sqlite3", "drizzle-orm"],
    }),
    onlyIn("pg-only-in-store-and-runner", {
      inside: ["packages/store/", "packages/runner/", "test/"],
      libraries: ["pg"],
    }),
    onlyIn("graphile-only-in-its-doorbell", {
      inside: ["packages/runner/src/graphile-"],
      libraries: ["graphile-worker"],
    }),
    onlyIn("undici-only-in-dispatcher", { inside: ["packages/dispatcher/", "test/"], libraries: ["undici"] }),
    onlyIn("hono-only-in-api-and-server", {
      inside: ["packages/api/", "apps/server/", "test/"],
      libraries: ["hono"],
    }),
    onlyIn("node-server-only-in-server", {
      inside: ["apps/server/", "test/"],
      libraries: ["@hono/node-server"],
    }),
    onlyIn("opentelemetry-only-in-the-server's-traces", {
      inside: ["apps/server/src/traces/"],
      libraries: ["@opentelemetry"],
    }),
    {
      name: "traces-are-loaded-only-when-they-are-on",
      severity: "error",
      comment:
        "A start without traces must not pay for OpenTelemetry: open-traces imports it, when it is asked to.",
      from: { path: "^apps/", pathNot: [tests, "^apps/server/src/traces/(?!open-traces)"] },
      to: {
        path: "^apps/server/src/traces/(?!open-traces)",
        dynamic: false,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "vitest-only-in-tests",
      severity: "error",
      comment: "What runs in production does not know the test runner.",
      from: { path: "^(apps|packages)/", pathNot: tests },
      to: { path: library("vitest") },
    },
    {
      name: "tests-stay-out-of-production",
      severity: "error",
      comment: "What exists for tests is imported by tests only.",
      from: { path: "^(apps|packages)/", pathNot: tests },
      to: { path: tests },
    },
    {
      name: "no-cycles",
      severity: "error",
      comment: "A cycle is one thing in two files.",
      from: { path: sources },
      to: { circular: true },
    },
    {
      name: "no-orphans",
      severity: "error",
      comment: "A file that nobody imports and that imports nothing is not part of the house.",
      from: { orphan: true, path: sources, pathNot: String.raw`\.d\.ts$|\.config\.ts$` },
      to: {},
    },
    {
      name: "no-unresolvable",
      severity: "error",
      comment: "What cannot be found cannot be checked.",
      from: { path: sources },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Type-only imports are imports: a border that holds only at run time is none.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".mjs", ".js", ".json", ".d.ts"],
    },
    detectProcessBuiltinModuleCalls: true,
  },
};
