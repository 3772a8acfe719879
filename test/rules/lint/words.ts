// One word per thing: names that the house does not use, in exported identifiers, table names, files and folders.
// Only what others see is checked; a local variable, a string or a library's own property may be called what it is.
import { relative, sep } from "node:path";
import { staticName, type Node, type Rule } from "./rule.ts";

/** The word, and what is said instead. Plurals are meant too. */
const unused: Readonly<Record<string, string>> = {
  cancelled: "canceled, with one l",
  common: "the noun it belongs to",
  dlq: "dead letter",
  helper: "what it does",
  hook: "callback or endpoint",
  manager: "what it does",
  message: "event, delivery or the text itself",
  misc: "the noun it belongs to",
  queue: "lane, or what is due",
  service: "the room's own name",
  task: "job",
  util: "what it does",
  worker: "runner or dispatcher",
};

/** The contract's own spelling: the limit `queueTimeoutMs`, and the text beside an error's code or a progress. */
const contractNames = /queue[_-]?timeout|(?:error|progress)[_-]?message/giu;

export const words: Rule = {
  create(context) {
    const check = (node: Node, name: string): void => {
      for (const word of split(name.replaceAll(contractNames, ""))) {
        const instead = unused[word] ?? unused[word.replace(/s$/, "")];
        if (instead !== undefined)
          context.report({ node, message: `\`${name}\`: not "${word}" but ${instead}.` });
      }
    };
    return {
      Program: (node) => {
        for (const part of relative(context.cwd, context.filename).split(sep)) check(node, part);
      },
      ExportNamedDeclaration: (node) => {
        for (const name of exportedNames(node)) check(node, name);
      },
      CallExpression: (node) => {
        const [name] = node.arguments;
        const isTable = node.callee.type === "Identifier" && /^(?:\w+T|t)able$/.test(node.callee.name);
        if (isTable && name?.type === "Literal" && typeof name.value === "string") check(node, name.value);
      },
    };
  },
};

/** `retryAfterMs`, `HTTPServer`, `dead_letters` and `dead-letters` as single lower-case words. */
function split(name: string): string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z\d]+/);
}

function exportedNames(node: Extract<Node, { type: "ExportNamedDeclaration" }>): string[] {
  const { declaration } = node;
  const specified = node.specifiers.map((specifier) => staticName({}, specifier.exported));
  return [...specified, ...(declaration === null ? [] : declaredNames(declaration))].filter(
    (name) => name !== null,
  );
}

function declaredNames(declaration: Node): (string | null)[] {
  if (declaration.type === "VariableDeclaration") {
    return declaration.declarations.map(({ id }) => staticName({}, id));
  }
  return "id" in declaration && declaration.id !== null ? [staticName({}, declaration.id)] : [];
}
