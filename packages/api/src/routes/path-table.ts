// Knows which methods a path has, for 405 and OPTIONS; routing itself is Hono's.
import type { Route } from "./route.ts";

export interface PathTable {
  /** Sorted, with HEAD wherever GET is; empty when no route has this path. */
  methodsAt(path: string): readonly string[];
}

interface Entry {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

export function createPathTable(routes: readonly Pick<Route, "method" | "path">[]): PathTable {
  const byPath = new Map<string, Entry>();
  for (const { method, path } of routes) {
    const entry = byPath.get(path) ?? { segments: path.split("/"), methods: new Set() };
    entry.methods.add(method);
    if (method === "GET") entry.methods.add("HEAD");
    byPath.set(path, entry);
  }
  const entries = [...byPath.values()];
  return {
    methodsAt(path) {
      const segments = path.split("/");
      const methods = entries
        .filter((entry) => isMatch(entry.segments, segments))
        .flatMap((entry) => [...entry.methods]);
      return [...new Set(methods)].toSorted();
    },
  };
}

function isMatch(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part.startsWith(":") ? segments[index] !== "" : part === segments[index]))
  );
}
