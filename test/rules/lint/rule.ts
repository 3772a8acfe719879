// The types of a lint rule, taken from the one place where oxlint declares them, and what every rule needs to read a tree.
import type { RuleTester } from "oxlint/plugins-dev";

export type Rule = Extract<Parameters<RuleTester["run"]>[1], { create: unknown }>;
export type Context = Parameters<Rule["create"]>[0];
export type Scope = ReturnType<Context["sourceCode"]["getScope"]>;
export type Reference = Scope["references"][number];
export type Node = NonNullable<ReturnType<Context["sourceCode"]["getNodeByRangeIndex"]>>;

/** The name of `object.name`, `object["name"]` or `{ name: … }`; null when it is only known at run time. */
export function staticName(node: { readonly computed?: boolean }, key: Node): string | null {
  if (key.type === "Literal" && typeof key.value === "string") return key.value;
  return node.computed !== true && key.type === "Identifier" ? key.name : null;
}
