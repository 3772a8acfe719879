// The kinds this process knows, and the check of a job's input against its kind.
import type { JobDefinition, SchemaIssue } from "./definition.ts";

export interface InputProblem {
  /** Where in the input, as a JSON pointer (RFC 6901) below it: "" is the input itself. */
  readonly path: string;
  readonly message: string;
}

export type InputCheck =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly InputProblem[] };

export interface Kind {
  readonly name: string;
  readonly runTimeoutMs: number;
  readonly maxRuns: number;
  readonly definition: JobDefinition;
  /** Runs the kind's schema; without one every JSON value is accepted. A schema that throws is a problem at "". */
  checkInput(input: unknown): Promise<InputCheck>;
  /** For intake: the schema, and then what the kind's `admit` says. */
  admitInput(input: unknown): Promise<InputCheck>;
}

export interface Kinds {
  get(kind: string): Kind | undefined;
  /** Sorted. */
  readonly names: readonly string[];
}

export const runTimeoutDefaultMs = 15 * 60_000;
export const runTimeoutMaxMs = 24 * 3_600_000;
export const maxRunsMax = 100;
const kindPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function isKindName(text: string): boolean {
  return kindPattern.test(text);
}

/** Throws a RangeError when a kind is defined twice; what is wrong within one definition is `definitionProblems`' to say. */
export function createKinds(definitions: readonly JobDefinition[]): Kinds {
  const byName = new Map<string, Kind>();
  for (const definition of definitions) {
    if (byName.has(definition.kind)) throw new RangeError(`the kind "${definition.kind}" is defined twice`);
    byName.set(definition.kind, toKind(definition));
  }
  const names = [...byName.keys()].toSorted();
  return { get: (kind) => byName.get(kind), names };
}

/** Everything that is wrong with what a handlers module calls a definition; `where` begins each sentence. */
export function definitionProblems(definition: unknown, where: string): string[] {
  if (typeof definition !== "object" || definition === null) {
    return [`${where} is not an object; make it with defineJob({kind, input, run})`];
  }
  const { kind, input, admit, run, runTimeoutMs, maxRuns } = definition as Partial<JobDefinition>;
  const problems: string[] = [];
  if (typeof kind !== "string" || !isKindName(kind)) {
    problems.push(
      `${where}: kind must be 1 to 100 letters, digits, ".", "_" or "-", beginning with a letter or digit`,
    );
  }
  if (typeof run !== "function") problems.push(`${where}: run must be a function`);
  if (input !== undefined && typeof input["~standard"]?.validate !== "function") {
    problems.push(`${where}: input must be a Standard Schema, for example a zod object`);
  }
  if (admit !== undefined && typeof admit !== "function") problems.push(`${where}: admit must be a function`);
  if (runTimeoutMs !== undefined && !isWithin(runTimeoutMs, runTimeoutMaxMs)) {
    problems.push(`${where}: runTimeoutMs must be a whole number from 1 to ${runTimeoutMaxMs}`);
  }
  if (maxRuns !== undefined && !isWithin(maxRuns, maxRunsMax)) {
    problems.push(`${where}: maxRuns must be a whole number from 1 to ${maxRunsMax}`);
  }
  return problems;
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

function toKind(definition: JobDefinition): Kind {
  return {
    name: definition.kind,
    runTimeoutMs: definition.runTimeoutMs ?? runTimeoutDefaultMs,
    maxRuns: definition.maxRuns ?? 1,
    definition,
    checkInput: (input) => checkInput(definition, input),
    async admitInput(input) {
      const check = await checkInput(definition, input);
      if (!check.ok || definition.admit === undefined) return check;
      const issues = await definition.admit(check.value);
      return issues.length === 0 ? check : { ok: false, problems: issues.map(problemOf) };
    },
  };
}

async function checkInput(definition: JobDefinition, input: unknown): Promise<InputCheck> {
  if (definition.input === undefined) return { ok: true, value: input };
  try {
    const checked = await definition.input["~standard"].validate(input);
    if (checked.issues === undefined) return { ok: true, value: checked.value };
    return { ok: false, problems: checked.issues.map(problemOf) };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : "the schema could not check it";
    return { ok: false, problems: [{ path: "", message }] };
  }
}

function problemOf(issue: SchemaIssue): InputProblem {
  return { path: pointer(issue), message: issue.message };
}

function pointer(issue: SchemaIssue): string {
  return (issue.path ?? [])
    .map((step) => (typeof step === "object" ? step.key : step))
    .map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
