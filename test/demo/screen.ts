// What the demo prints: lines that stay, one live line on a terminal, and the closing table. Colours only on a terminal.
import { stripVTControlCharacters, styleText } from "node:util";

export interface Screen {
  heading(text: string): void;
  line(text: string): void;
  /** Replaces the live line; without a terminal it is a line of its own, at most two a second. */
  live(text: string): void;
  endLive(): void;
  readonly paint: Paint;
}

export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
  mark(holds: boolean): string;
}

const columnsMax = 100;
const plainLiveIntervalMs = 500;

export function openScreen(stream: NodeJS.WriteStream): Screen {
  const isTerminal = stream.isTTY;
  const paint = paintFor(stream);
  let isLive = false;
  let lastPlainAt = 0;
  const endLive = (): void => {
    if (isLive) stream.write("\r\u001b[K");
    isLive = false;
  };
  const line = (text: string): void => {
    endLive();
    stream.write(`${cut(text)}\n`);
  };
  return {
    paint,
    line,
    endLive,
    heading(text) {
      line("");
      line(paint.strong(text));
    },
    live(text) {
      if (isTerminal) {
        stream.write(`\r${cut(text, Math.min(columnsMax, stream.columns))}\u001b[K`);
        isLive = true;
      } else if (Date.now() - lastPlainAt >= plainLiveIntervalMs) {
        lastPlainAt = Date.now();
        line(text);
      }
    },
  };
}

function paintFor(stream: NodeJS.WriteStream): Paint {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    stream.isTTY ? styleText(format, text, { stream }) : text;
  return {
    good: (text) => style("green", text),
    bad: (text) => style("red", text),
    faint: (text) => style("dim", text),
    strong: (text) => style("bold", text),
    mark: (holds) => (holds ? style("green", "✓") : style("red", "✗")),
  };
}

/** Lines that are too long end in an ellipsis, and lose their colours. */
function cut(text: string, columns = columnsMax): string {
  const plain = stripVTControlCharacters(text);
  return plain.length <= columns ? text : `${plain.slice(0, columns - 1)}…`;
}

/** Breaks a sentence into lines of at most `width` characters. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of text.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === "" ? word : `${current} ${word}`;
    }
  }
  return current === "" ? lines : [...lines, current];
}
