// better-sqlite3's `transaction` takes a synchronous function. An `async` one type-checks, throws at run time, and its body
// runs outside the transaction from the first `await` on.
import { staticName, type Context, type Node, type Rule } from "./rule.ts";

export const asyncTransaction: Rule = {
  create(context) {
    return {
      CallExpression: (node) => {
        const { callee } = node;
        if (callee.type !== "MemberExpression" || staticName(callee, callee.property) !== "transaction")
          return;
        const [callback] = node.arguments;
        if (callback === undefined || !isAsync(context, callback)) return;
        context.report({
          node: callback,
          message:
            "A better-sqlite3 transaction takes a synchronous function: everything after the first await is outside it.",
        });
      },
    };
  },
};

function isAsync(context: Context, node: Node): boolean {
  if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") return node.async;
  return (
    node.type === "Identifier" && declarations(context, node).some((declared) => isAsyncDeclaration(declared))
  );
}

/** What a name stands for, looked up from the inside out. */
function declarations(context: Context, node: Extract<Node, { type: "Identifier" }>): Node[] {
  for (
    let scope: ReturnType<Context["sourceCode"]["getScope"]> | null = context.sourceCode.getScope(node);
    scope;
  ) {
    const found = scope.set.get(node.name);
    if (found !== undefined) return found.defs.map((definition) => definition.node);
    scope = scope.upper;
  }
  return [];
}

function isAsyncDeclaration(node: Node): boolean {
  if (node.type === "FunctionDeclaration") return node.async;
  if (node.type !== "VariableDeclarator" || node.init === null) return false;
  return (
    (node.init.type === "ArrowFunctionExpression" || node.init.type === "FunctionExpression") &&
    node.init.async
  );
}
