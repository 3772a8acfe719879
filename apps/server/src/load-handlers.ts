// Loads the modules of RINGBACK_HANDLERS: each one's default export is a list of job kinds.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { JobDefinition } from "@ringback/core";

export interface LoadedHandlers {
  readonly definitions: readonly JobDefinition[];
  /** One sentence per module that could not be used. */
  readonly problems: readonly string[];
}

export async function loadHandlers(paths: readonly string[]): Promise<LoadedHandlers> {
  const definitions: JobDefinition[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      const loaded = (await import(moduleUrl(path))) as { readonly default?: unknown };
      if (Array.isArray(loaded.default)) definitions.push(...(loaded.default as JobDefinition[]));
      else problems.push(`RINGBACK_HANDLERS: ${path} must export a list of job kinds as its default export`);
    } catch (thrown) {
      problems.push(
        `RINGBACK_HANDLERS: ${path} could not be loaded: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      );
    }
  }
  return { definitions, problems };
}

function moduleUrl(path: string): string {
  return path.startsWith("file:") ? path : pathToFileURL(resolve(path)).href;
}
