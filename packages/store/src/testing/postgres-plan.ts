// Judges a plan of PostgreSQL: which of its steps go through a whole table or index, or sort what no list bounds.

export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Filter?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Indexes of only what is leased, in flight or worked at all; its order, or all of it, may be asked for. */
const small: readonly string[] = ["job_leased", "lane_leased", "delivery_in_flight", "replay_working"];

/** One line per step that the number of rows in a table makes slower. */
export function planProblems(node: PlanNode, isLimited = false): string[] {
  const below = (node.Plans ?? []).flatMap((plan) =>
    planProblems(plan, isLimited || node["Node Type"] === "Limit"),
  );
  const what = `${node["Node Type"]} ${node["Index Name"] ?? node["Relation Name"] ?? ""}`.trim();
  if (node["Node Type"] === "Seq Scan") return [what, ...below];
  if (/Index/.test(what) && isWalk(node, isLimited)) return [`whole ${what}`, ...below];
  if (/Sort/.test(what) && !isBounded(node)) return [what, ...below];
  return below;
}

/** The first row, or the first few, of an index are found at once; those that a filter lets through are not. */
function isWalk(node: PlanNode, isLimited: boolean): boolean {
  if (node["Index Cond"] !== undefined || small.includes(node["Index Name"] ?? "")) return false;
  return !isLimited || node.Filter !== undefined;
}

/** What is sorted comes from a list that was given as a parameter, or from the first few of something. */
function isBounded(node: PlanNode): boolean {
  if (["Function Scan", "CTE Scan", "Limit"].includes(node["Node Type"])) return true;
  if (small.includes(node["Index Name"] ?? "")) return true;
  const [first] = node.Plans ?? [];
  return first !== undefined && isBounded(first);
}
