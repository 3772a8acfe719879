// Reads the command line: which figures, which modes, how much.
import { parseArgs } from "node:util";
import { modeNames, type ModeName } from "./line.ts";

export interface Asked {
  /** In the order of the figures, each once. */
  readonly letters: readonly string[];
  readonly modes: readonly ModeName[];
  /** Small counts: to see that it works, not to judge by. */
  readonly isQuick: boolean;
}

export type Arguments =
  | { readonly kind: "run"; readonly asked: Asked }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly problem: string };

/** `known` are the letters there are. Without letters all of them are meant, without `--mode` both modes. */
export function readArguments(args: readonly string[], known: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        mode: { type: "string", multiple: true },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { kind: "help" };
    return chosen({ letters: positionals, modes: values.mode ?? [], isQuick: values.quick }, known);
  } catch (thrown) {
    // parseArgs names the option that it does not know, in its first sentence.
    const reason = thrown instanceof Error ? (thrown.message.split(". ")[0] ?? "") : String(thrown);
    return { kind: "refused", problem: `${reason}. There are --mode, --quick and --help.` };
  }
}

interface Given {
  readonly letters: readonly string[];
  readonly modes: readonly string[];
  readonly isQuick: boolean;
}

function chosen({ letters, modes, isQuick }: Given, known: readonly string[]): Arguments {
  const letter = letters.find((each) => !known.includes(each));
  if (letter !== undefined) {
    const problem = `"${letter}" is not a figure; there are ${known.join(", ")}.`;
    return { kind: "refused", problem };
  }
  const mode = modes.find((each) => !modeNames.some((name) => name === each));
  if (mode !== undefined) {
    const problem = `"${mode}" is not a mode; there are ${modeNames.join(" and ")}.`;
    return { kind: "refused", problem };
  }
  const asked = {
    letters: known.filter((each) => letters.length === 0 || letters.includes(each)),
    modes: modeNames.filter((name) => modes.length === 0 || modes.includes(name)),
    isQuick,
  };
  return { kind: "run", asked };
}
