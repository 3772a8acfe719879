// The report as a picture: for each line a bar per mode, beside the mark of its aim. Each line has a scale of its own, from zero;
// text says what the bar is worth, so nothing is told by colour alone.
import { modeNames, type Aim, type ModeName } from "../line.ts";
import type { Spread } from "../numbers/statistics.ts";
import type { Result } from "../run-figures.ts";
import { aimText, judgedSpread, measured } from "./format.ts";
import type { Run } from "./json.ts";

const width = 1_000;
const margin = 32;
const nameWidth = 290;
const barsLeft = margin + nameWidth;
const barsWidth = 330;
const textLeft = barsLeft + barsWidth + 16;
const headHeight = 124;
const barHeight = 14;
const barStep = 20;
const groupGap = 26;
const footHeight = 44;

const colors: Readonly<Record<ModeName, string>> = { embedded: "#2f6f9f", "scale-out": "#c77d2e" };
const ink = "#1f2933";
const pale = "#61707f";
const track = "#eef1f4";
const aimInk = "#b3261e";

export function chart(run: Run): string {
  const groups = byLine(run.results);
  const parts: string[] = [];
  let top = headHeight;
  for (const group of groups) {
    parts.push(groupOf(group, { top, scale: barsWidth / scaleMax(sharingScale(group, run.results)) }));
    top += group.length * barStep + groupGap;
  }
  const height = top + footHeight - groupGap;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif" font-size="13" fill="${ink}">`,
    `<title>Ringback: benchmark</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    head(run),
    ...parts,
    text(margin, height - 20, machineText(run), { fill: pale, size: 11.5 }),
    "</svg>",
    "",
  ].join("\n");
}

/** Results of one line, in the order of the modes. */
function byLine(results: readonly Result[]): Result[][] {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const key = `${result.letter} ${result.key}`;
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups.values()];
}

function head({ results, size }: Run): string {
  const missed = results.filter(({ outcome }) => "verdict" in outcome && outcome.verdict === "missed").length;
  const judged = results.filter(({ outcome }) => "verdict" in outcome && outcome.verdict !== "no aim").length;
  const note =
    size === "quick"
      ? "Small counts: not to be judged by."
      : "A bar is the median of its rounds, the line in it goes from the smallest to the largest.";
  const legend = modeNames
    .map((mode, at) => {
      const left = barsLeft + at * 112;
      return `<rect x="${left}" y="87" width="12" height="12" rx="2" fill="${colors[mode]}"/>${text(left + 18, 97, mode)}`;
    })
    .join("");
  const left = barsLeft + 224;
  const mark = `<line x1="${left + 5}" x2="${left + 5}" y1="84" y2="102" stroke="${aimInk}" stroke-width="2"/>${text(left + 14, 97, "aim")}`;
  return [
    text(margin, 40, "What Ringback does in a second, and what it costs", { size: 20, weight: 600 }),
    text(margin, 62, `${judged - missed} of ${judged} aims met. ${note}`, { fill: pale }),
    legend,
    mark,
  ].join("\n");
}

/** Values of one figure in one unit, such as its percentiles, are drawn to one scale; whatever else is to its own. */
function sharingScale(group: readonly Result[], results: readonly Result[]): readonly Result[] {
  const isValue = ({ line }: Result): boolean => line.judging === "value";
  const [first] = group;
  if (first === undefined || !isValue(first)) return group;
  return results.filter(
    (other) => other.letter === first.letter && other.line.unit === first.line.unit && isValue(other),
  );
}

interface Place {
  readonly top: number;
  /** Pixels for one of what is judged. */
  readonly scale: number;
}

function groupOf(group: readonly Result[], { top, scale }: Place): string {
  const [first] = group;
  if (first === undefined) return "";
  const { letter, line } = first;
  const middle = top + (group.length * barStep) / 2;
  const against =
    line.against === null
      ? []
      : [text(margin + 28, middle + 12, `against ${line.against}`, { fill: pale, size: 11.5 })];
  const nameTop = line.against === null ? middle + 2 : middle - 3;
  return [
    text(margin, nameTop, `(${letter})`, { fill: pale }),
    text(margin + 28, nameTop, line.name, { weight: 600 }),
    ...against,
    ...group.map((result, at) => bar(result, { top: top + at * barStep, scale })),
  ].join("\n");
}

/** So far that the longest bar and the aim both fit, with a little air. */
function scaleMax(group: readonly Result[]): number {
  const values = group.flatMap(({ outcome }) =>
    "problem" in outcome
      ? []
      : [outcome.judged.median, ...(outcome.aim === null ? [] : [valueOf(outcome.aim)])],
  );
  return Math.max(...values, Number.MIN_VALUE) * 1.12;
}

function bar({ mode, line, outcome }: Result, { top, scale }: Place): string {
  const background = `<rect x="${barsLeft}" y="${top}" width="${barsWidth}" height="${barHeight}" rx="2" fill="${track}"/>`;
  if ("problem" in outcome)
    return background + text(textLeft, top + 11.5, "not measured", { fill: pale, size: 12 });
  const { judged, aim, verdict, ours } = outcome;
  const length = Math.max(1, Math.min(barsWidth, judged.median * scale));
  const filled = `<rect x="${barsLeft}" y="${top}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" fill="${colors[mode]}"/>`;
  const ownValue = line.judging === "value" ? "" : ` · ${measured(ours.median, line.unit)}`;
  const said = `${judgedSpread(judged, line)}${ownValue}`;
  const aimed = aim === null ? "" : `aim ${aimText(aim, line)} ${verdict === "met" ? "✓ met" : "✗ missed"}`;
  return [
    background,
    filled,
    spreadMark(judged, { top, scale }),
    aim === null ? "" : aimMark(valueOf(aim) * scale, top),
    `<text x="${textLeft}" y="${top + 11.5}" font-size="12">${escaped(said)}<tspan dx="10" fill="${verdict === "missed" ? aimInk : pale}">${escaped(aimed)}</tspan></text>`,
  ].join("");
}

/** From the smallest round to the largest; nothing for a single one. */
function spreadMark({ min, max }: Spread, { top, scale }: Place): string {
  if (min === max) return "";
  const [from, to] = [min, max].map((value) =>
    (barsLeft + Math.min(barsWidth, Math.max(0, value * scale))).toFixed(1),
  );
  const middle = top + barHeight / 2;
  return `<line x1="${from}" x2="${to}" y1="${middle}" y2="${middle}" stroke="${ink}" stroke-opacity="0.55"/>`;
}

function aimMark(at: number, top: number): string {
  const x = (barsLeft + at).toFixed(1);
  return `<line x1="${x}" x2="${x}" y1="${top - 2}" y2="${top + barHeight + 2}" stroke="${aimInk}" stroke-width="2"/>`;
}

function valueOf(aim: Aim): number {
  return "atLeast" in aim ? aim.atLeast : aim.below;
}

function machineText({ machine, startedAt, seconds }: Run): string {
  const { cpu, cores, memoryBytes, node, platform } = machine;
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`;
  const day = startedAt.toISOString().slice(0, 10);
  return `${day} · ${cores} cores of ${cpu}, ${memory} · ${platform}, Node ${node} · ${Math.round(seconds)} s`;
}

interface Style {
  readonly fill?: string;
  readonly size?: number;
  readonly weight?: number;
}

function text(x: number, y: number, content: string, { fill, size, weight }: Style = {}): string {
  const style = [
    fill === undefined ? "" : ` fill="${fill}"`,
    size === undefined ? "" : ` font-size="${size}"`,
    weight === undefined ? "" : ` font-weight="${weight}"`,
  ].join("");
  return `<text x="${x}" y="${y}"${style}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
