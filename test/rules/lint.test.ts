import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plantedLint, type PlantedLint } from "./planted-lint.ts";

const root = resolve(import.meta.dirname, "../..");

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
}

describe("the lint rules", () => {
  let house = "";
  let diagnostics: readonly Diagnostic[] = [];

  beforeAll(async () => {
    house = await mkdtemp(join(tmpdir(), "ringback-lint-"));
    await build(house);
    diagnostics = await lint(house);
  });

  afterAll(async () => rm(house, { recursive: true, force: true }));

  test.for(plantedLint.map((planted, index) => ({ ...planted, index })))(
    "$rule speaks up exactly where it should, in planted lines $index",
    ({ index, ...planted }) => {
      const path = pathOf(planted, index);
      const found = diagnostics.filter(({ code, filename }) => code === planted.rule && filename === path);
      expect(found).toHaveLength(planted.times ?? 1);
    },
  );

  test("every rule that the configuration turns on by name is proven by planted lines", async () => {
    const proven = new Set(plantedLint.filter(({ times }) => times !== 0).map(({ rule }) => rule));
    const named = await rulesTurnedOn();
    expect(named.filter((rule) => !proven.has(rule))).toEqual([]);
  });
});

function pathOf({ path }: PlantedLint, index: number): string {
  return path ?? `packages/store/src/planted-${index}.ts`;
}

/** The planted lines under the house's own configuration, which finds its plugin, its libraries and its types as at home. */
async function build(house: string): Promise<void> {
  for (const name of [".oxlintrc.json", "tsconfig.json"]) await copyFile(join(root, name), join(house, name));
  await writeFile(join(house, "package.json"), JSON.stringify({ type: "module" }));
  await symlink(join(root, "node_modules"), join(house, "node_modules"));
  await mkdir(join(house, "test/rules"), { recursive: true });
  await symlink(join(root, "test/rules/lint"), join(house, "test/rules/lint"));
  for (const [index, planted] of plantedLint.entries()) {
    const path = join(house, pathOf(planted, index));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${planted.text}\n`);
  }
}

async function lint(house: string): Promise<readonly Diagnostic[]> {
  const { promise, resolve: settle } = Promise.withResolvers<string>();
  const program = join(root, "node_modules/oxlint/bin/oxlint");
  const args = [program, "-f", "json", "apps", "packages", "test"];
  // It exits with 1 because it finds what was planted.
  execFile(process.execPath, args, { cwd: house, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout, stderr) => {
    settle(stdout === "" ? stderr : stdout);
  });
  const report = JSON.parse(await promise) as { readonly diagnostics: readonly Diagnostic[] };
  return report.diagnostics.map(({ code, filename }) => ({
    code,
    filename: relative(house, resolve(house, filename)),
  }));
}

/** The configuration is JSON with comments on lines of their own. */
async function rulesTurnedOn(): Promise<string[]> {
  const text = await readFile(join(root, ".oxlintrc.json"), "utf8");
  const config = JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, "")) as {
    readonly rules: Readonly<Record<string, string | readonly unknown[]>>;
  };
  const isOn = (setting: string | readonly unknown[]): boolean => setting !== "off";
  return Object.entries(config.rules)
    .filter(([, setting]) => isOn(setting))
    .map(([name]) => name.replace(/^(\w+)\/(.*)$/, "$1($2)"));
}
