// A function fits a screen. Functions inside it are counted for themselves, so a factory may hold as many as belong together.
import type { Node, Rule } from "./rule.ts";

const linesMax = 60;

export const functionLength: Rule = {
  create(context) {
    /** For each function that is open, the lines that functions inside it have taken. */
    const innerLines: number[] = [];
    const enter = (): void => {
      innerLines.push(0);
    };
    const leave = (node: Node): void => {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      const own = lines - (innerLines.pop() ?? 0);
      const outer = innerLines.pop();
      if (outer !== undefined) innerLines.push(outer + lines);
      if (own > linesMax) {
        context.report({
          node,
          message: `${own} lines of its own, ${linesMax} at most: a function fits a screen.`,
        });
      }
    };
    return {
      FunctionDeclaration: enter,
      FunctionExpression: enter,
      ArrowFunctionExpression: enter,
      "FunctionDeclaration:exit": leave,
      "FunctionExpression:exit": leave,
      "ArrowFunctionExpression:exit": leave,
    };
  },
};
