// Which of the machine's own time, randomness and environment a file reaches for without being handed it.
// Where that is allowed stands in .oxlintrc.json; everywhere else it comes through a port (Clock, Random) or as an argument.
import { staticName, type Context, type Node, type Reference, type Rule } from "./rule.ts";

/** Members that are ambient, of a global or of a module; `*` when the thing itself is. */
type Members = "*" | readonly string[];

interface Ambient {
  readonly advice: string;
  readonly globals: Readonly<Record<string, Members>>;
  readonly modules: Readonly<Record<string, Members>>;
}

export const ambientTime = ambientRule({
  advice: "Time is an argument or comes from the Clock port; only the system's own file asks the machine.",
  globals: {
    AbortSignal: ["timeout"],
    Date: ["now"],
    performance: "*",
    process: ["hrtime", "uptime"],
    setInterval: "*",
    setTimeout: "*",
  },
  modules: {
    perf_hooks: ["performance"],
    process: ["hrtime", "uptime"],
    timers: ["setTimeout", "setInterval", "promises"],
    "timers/promises": "*",
  },
});

export const ambientRandomness = ambientRule({
  advice: "Randomness comes from the Random port; only the system's own file asks the machine.",
  globals: { Math: ["random"], crypto: ["getRandomValues", "randomUUID"] },
  modules: {
    crypto: [
      "getRandomValues",
      "randomBytes",
      "randomFill",
      "randomFillSync",
      "randomInt",
      "randomUUID",
      "webcrypto",
    ],
  },
});

export const ambientEnvironment = ambientRule({
  advice: "Only the server's configuration reads the environment; take the setting as an argument.",
  globals: { process: ["env", "loadEnvFile"] },
  modules: { process: ["env", "loadEnvFile"] },
});

function ambientRule(ambient: Ambient): Rule {
  return {
    create(context) {
      const report = (node: Node, name: string): void => {
        context.report({ node, message: `\`${name}\` is ambient. ${ambient.advice}` });
      };
      return {
        "Program:exit": () => {
          for (const [name, members] of Object.entries(ambient.globals)) {
            for (const reference of globalReferences(context, name))
              checkValue(reference.identifier, { name, members, report });
          }
          for (const reference of globalReferences(context, "globalThis")) {
            checkGlobalThis(reference, ambient.globals, report);
          }
        },
        ImportDeclaration: (node) => {
          if (node.importKind === "type") return;
          const source = node.source.value.replace(/^node:/, "");
          const members = ambient.modules[source];
          if (members === undefined) return;
          for (const specifier of node.specifiers) {
            if (specifier.type === "ImportSpecifier") {
              const name = staticName({}, specifier.imported);
              const isType = specifier.importKind === "type";
              if (name !== null && !isType && isAmbient(members, name))
                report(specifier, `${source}.${name}`);
            } else if (members === "*") {
              report(specifier, source);
            } else {
              for (const variable of context.sourceCode.getDeclaredVariables(specifier)) {
                for (const reference of variable.references)
                  checkValue(reference.identifier, { name: source, members, report });
              }
            }
          }
        },
      };
    },
  };
}

interface Check {
  readonly name: string;
  readonly members: Members;
  readonly report: (node: Node, name: string) => void;
}

/** `node` stands for the thing itself, e.g. the `Date` of `Date.now()` or the `globalThis.Date` of `globalThis.Date.now()`. */
function checkValue(node: Node, { name, members, report }: Check): void {
  const { parent } = node;
  if (parent === null || isTypePosition(parent)) return;
  if (members === "*") {
    report(node, name);
    return;
  }
  if (parent.type === "MemberExpression" && parent.object === node) {
    const member = staticName(parent, parent.property);
    if (member === null || members.includes(member)) report(parent, `${name}.${member ?? "[…]"}`);
  } else if (parent.type === "VariableDeclarator" && parent.init === node) {
    checkPattern(parent.id, { name, members, report });
  } else if (name === "Date" && readsTheClock(parent, node)) {
    report(parent, "new Date()");
  }
}

/** A copy under another name cannot be followed, so it counts as the ambient thing itself. */
function checkPattern(pattern: Node, { name, members, report }: Check): void {
  if (pattern.type !== "ObjectPattern") {
    report(pattern, name);
    return;
  }
  for (const property of pattern.properties) {
    if (property.type !== "Property") report(property, name);
    else {
      const member = staticName(property, property.key);
      if (member === null || isAmbient(members, member)) report(property, `${name}.${member ?? "[…]"}`);
    }
  }
}

function checkGlobalThis(reference: Reference, globals: Ambient["globals"], report: Check["report"]): void {
  const node = reference.identifier;
  const { parent } = node;
  if (parent?.type !== "MemberExpression" || parent.object !== node) return;
  const name = staticName(parent, parent.property);
  const members = name === null ? undefined : globals[name];
  if (name !== null && members !== undefined) checkValue(parent, { name, members, report });
}

/** `new Date()` and `Date()` read the clock; `new Date(instant)` only converts. */
function readsTheClock(parent: Node, node: Node): boolean {
  if (parent.type === "NewExpression") return parent.callee === node && parent.arguments.length === 0;
  return parent.type === "CallExpression" && parent.callee === node;
}

function isAmbient(members: Members, name: string): boolean {
  return members === "*" || members.includes(name);
}

function isTypePosition(parent: Node): boolean {
  const holdsValue = ["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"].includes(parent.type);
  return parent.type.startsWith("TS") && !holdsValue;
}

/** References to a global of that name, whether or not the configuration declares it; never to a local of the same name. */
function globalReferences(context: Context, name: string): readonly Reference[] {
  const scope = context.sourceCode.scopeManager.globalScope;
  if (scope === null) return [];
  const declared = scope.set.get(name);
  const own = declared !== undefined && declared.defs.length === 0 ? declared.references : [];
  return [...own, ...scope.through.filter((reference) => reference.identifier.name === name)];
}
