// Loads the modules of RINGBACK_HANDLERS: each one's default export is a list of job kinds.
import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { definitionProblems, type JobDefinition } from "@ringback/core";

export interface LoadedHandlers {
  readonly definitions: readonly JobDefinition[];
  /** One sentence for each thing that is wrong, with the module it is wrong in. */
  readonly problems: readonly string[];
}

/** What a module needs to define a kind, wherever it lies: it need not have a node_modules of its own. */
const lent: ReadonlySet<string> = new Set(["@ringback/core", "zod"]);

export async function loadHandlers(paths: readonly string[]): Promise<LoadedHandlers> {
  const definitions: JobDefinition[] = [];
  const problems: string[] = [];
  if (paths.length > 0) lendPackages();
  for (const path of paths) {
    const loaded = await loadModule(path);
    if (typeof loaded === "string") problems.push(`${path} ${loaded}`);
    for (const [index, candidate] of Array.isArray(loaded) ? loaded.entries() : []) {
      const found = definitionProblems(candidate, `${path}, definition ${index + 1}`);
      const isTwice =
        found.length === 0 && definitions.some(({ kind }) => kind === (candidate as JobDefinition).kind);
      if (isTwice)
        problems.push(`${path} defines the kind "${(candidate as JobDefinition).kind}" a second time`);
      problems.push(...found);
      if (found.length === 0) definitions.push(candidate as JobDefinition);
    }
  }
  return { definitions, problems: problems.map((problem) => `RINGBACK_HANDLERS: ${problem}`) };
}

/** The module's list, or what is wrong with the module. */
async function loadModule(path: string): Promise<readonly unknown[] | string> {
  try {
    const loaded = (await import(moduleUrl(path))) as { readonly default?: unknown };
    return Array.isArray(loaded.default)
      ? (loaded.default as readonly unknown[])
      : "must export a list of job kinds as its default export";
  } catch (thrown) {
    return `could not be loaded: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  }
}

function moduleUrl(path: string): string {
  return path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href;
}

/** Only where a module's own folders do not have them; what it brings itself comes first. */
function lendPackages(): void {
  const house = new URL("../../../package.json", import.meta.url).href;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (!lent.has(specifier)) return nextResolve(specifier, context);
      try {
        return nextResolve(specifier, context);
      } catch {
        return nextResolve(specifier, { ...context, parentURL: house });
      }
    },
  });
}
