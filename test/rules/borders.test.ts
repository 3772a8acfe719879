import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clean, libraries, planted } from "./planted-borders.ts";

const root = resolve(import.meta.dirname, "../..");
const configPath = join(root, ".dependency-cruiser.mjs");

interface Violation {
  readonly rule: { readonly name: string };
  readonly from: string;
}

describe("the borders", () => {
  let house = "";
  let violations: readonly Violation[] = [];

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), "ringback-borders-"));
    await build(house);
    violations = await cruise(house);
  });

  afterAll(async () => rm(house, { recursive: true, force: true }));

  test.for(planted.filter(({ breaks }) => breaks.length > 0))(
    "$breaks.0 is noticed in $path",
    ({ path, breaks }) => {
      expect(rulesBrokenBy(violations, path)).toEqual([...breaks].toSorted());
    },
  );

  test("nothing is noticed in the clean files", () => {
    const cleanPaths = [...clean, ...planted.filter(({ breaks }) => breaks.length === 0)].map(
      ({ path }) => path,
    );
    expect(violations.filter(({ from }) => cleanPaths.includes(from))).toEqual([]);
  });

  test("every rule of the configuration has a planted violation", async () => {
    const { default: config } = (await import(configPath)) as {
      default: { forbidden: readonly { name: string; severity: string }[] };
    };
    const proven = new Set(planted.flatMap(({ breaks }) => breaks));
    expect(config.forbidden.map(({ name }) => name).toSorted()).toEqual([...proven].toSorted());
    expect(new Set(config.forbidden.map(({ severity }) => severity))).toEqual(new Set(["error"]));
  });
});

/** Writes the planted house: files, one package.json per workspace with its door, and links as pnpm makes them. */
async function build(house: string): Promise<void> {
  for (const { path, text } of [...clean, ...planted]) await write(join(house, path), `${text}\n`);
  for (const name of libraries) await write(join(house, "node_modules", name, "index.js"), "");
  await mkdir(join(house, "node_modules/@ringback"), { recursive: true });
  const workspaces = new Set(
    clean.map(({ path }) =>
      path
        .split("/")
        .slice(0, path.startsWith("test/") ? 1 : 2)
        .join("/"),
    ),
  );
  for (const workspace of workspaces) {
    const name = workspace.split("/").at(-1) ?? "";
    const exports = { ".": "./src/index.ts", "./testing": "./src/testing/index.ts" };
    const manifest = { name: `@ringback/${name}`, type: "module", exports };
    await write(join(house, workspace, "package.json"), JSON.stringify(manifest));
    await symlink(join(house, workspace), join(house, "node_modules/@ringback", name));
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Runs the house's own configuration on the planted house, as `npm run borders` does on the real one. */
async function cruise(house: string): Promise<readonly Violation[]> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<string>();
  const program = join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
  const args = [program, "-c", configPath, "-T", "json", "apps", "packages", "test"];
  // Its exit code is the number of violations; only an answer that is no JSON means that it did not run.
  execFile(process.execPath, args, { cwd: house, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) => {
    if (stdout === "") reject(new Error(stderr));
    else settle(stdout);
  });
  const report = JSON.parse(await promise) as { summary: { violations: readonly Violation[] } };
  return report.summary.violations;
}

function rulesBrokenBy(violations: readonly Violation[], path: string): string[] {
  return [...new Set(violations.filter(({ from }) => from === path).map(({ rule }) => rule.name))].toSorted();
}
