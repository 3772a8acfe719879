// How the report spells numbers.
import type { Busy } from "../busy.ts";
import type { Aim, Judging, Line, Unit } from "../line.ts";
import type { Spread } from "../numbers/statistics.ts";

/** `7,717/s`, `12.3 ms`, `184 MB`. */
export function measured(value: number, unit: Unit): string {
  if (unit === "/s") return `${value.toLocaleString("en-US", { maximumFractionDigits: 0 })}/s`;
  return unit === "ms" ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} MB`;
}

/** What is judged: a ratio, a percentage, or the value itself. */
export function judgedNumber(value: number, { judging, unit }: Pick<Line, "judging" | "unit">): string {
  if (judging === "value") return measured(value, unit);
  return judging === "ratio" ? value.toFixed(2) : `${value.toFixed(1)} %`;
}

/** `0.75 (0.55 … 0.90)`; one round has no spread. */
export function judgedSpread({ median, min, max }: Spread, line: Pick<Line, "judging" | "unit">): string {
  const text = judgedNumber(median, line);
  return min === max ? text : `${text} (${bare(min, line)} … ${bare(max, line)})`;
}

/** Without the unit, which has been said. */
function bare(value: number, line: Pick<Line, "judging" | "unit">): string {
  return judgedNumber(value, line).replace(/ ?(?:%|ms|MB|\/s)$/, "");
}

/** `≥ 0.85`, `< 50 ms`; empty without an aim. */
export function aimText(aim: Aim | null, { judging, unit }: Pick<Line, "judging" | "unit">): string {
  if (aim === null) return "";
  const [sign, value] = "atLeast" in aim ? ["≥", aim.atLeast] : ["<", aim.below];
  return `${sign} ${value}${aimUnit(judging, unit)}`;
}

function aimUnit(judging: Judging, unit: Unit): string {
  if (judging === "ratio") return "";
  if (judging === "value") return unit === "/s" ? "/s" : ` ${unit}`;
  return " %";
}

/** `server 98 %, load 61 %, machine 84 %`, the busiest process first and the machine last. */
export function busyText(busy: Busy): string {
  const { machine, ...processes } = busy;
  const shares = Object.entries(processes).toSorted(([, one], [, other]) => other - one);
  if (machine !== undefined) shares.push(["machine", machine]);
  return shares.map(([name, share]) => `${name} ${(share * 100).toFixed(0)} %`).join(", ");
}
