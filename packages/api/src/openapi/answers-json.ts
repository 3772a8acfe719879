// The answers of an operation: its own forms with their recorded examples, and a problem document per status it can refuse with.
import { catalogue, type ProblemCode } from "../problems/catalogue.ts";
import type { Route } from "../routes/route.ts";
import { problemShape } from "../shapes/problem-shape.ts";
import type { Components, Json } from "./components.ts";
import { answerHeaders, type AnswerHeader } from "./headers.ts";
import type { AnswerForm, Example } from "./operation.ts";
import { recordedAnswers, type RecordedAnswer } from "./recorded-answers.ts";
import { problemHeaders, refusalsOf } from "./refusals-of.ts";

export function answersJson(route: Route, components: Components): Json {
  const answers = new Map<string, Json>();
  for (const form of route.operation.answers) {
    answers.set(String(form.status), formJson(route, form, components));
  }
  for (const [status, codes] of Map.groupBy(refusalsOf(route), (code) => catalogue[code].status)) {
    const problem = problemJson(codes, { route, status, components });
    const own = answers.get(String(status));
    answers.set(String(status), own === undefined ? problem : merged(own, problem));
  }
  return Object.fromEntries(answers);
}

function formJson(route: Route, form: AnswerForm, components: Components): Json {
  const { status, description, always = [], sometimes = [], content } = form;
  return {
    description,
    headers: {
      ...headersJson(["x-request-id", ...always], { route, status, required: true }),
      ...headersJson(sometimes, { route, status, required: false }),
      ...headersJson(rateHeaders(route), { route, status, required: isForKeysOnly(route) }),
    },
    ...(content === undefined
      ? {}
      : {
          content: Object.fromEntries(
            Object.entries(content).map(([type, schema]) => [
              type === "*" ? "*/*" : type,
              { schema: components.schemaOf(schema), ...examplesOf(route, status, bodyOf(type)) },
            ]),
          ),
        }),
  };
}

interface Refusing {
  readonly route: Route;
  readonly status: number;
  readonly components: Components;
}

function problemJson(codes: readonly ProblemCode[], { route, status, components }: Refusing): Json {
  const type = "application/problem+json";
  return {
    description: codes.map((code) => `\`${code}\`: ${catalogue[code].title}.`).join("\n"),
    headers: {
      ...headersJson(["x-request-id"], { route, status, required: true }),
      ...headersJson(problemHeaders(status, route.operation), { route, status, required: false }),
      ...headersJson(rateHeaders(route), { route, status, required: false }),
    },
    content: {
      [type]: {
        schema: {
          ...components.schemaOf(problemShape),
          properties: { status: { const: status }, code: { enum: codes } },
        },
        ...examplesOf(route, status, bodyOf(type)),
      },
    },
  };
}

/** Stand on every answer to a valid key, faults and refusals included. */
function rateHeaders({ access }: Route): readonly AnswerHeader[] {
  return access === "open" ? [] : ["ratelimit-policy", "ratelimit"];
}

function isForKeysOnly({ operation }: Route): boolean {
  return operation.acceptsToken === undefined;
}

/** A status that is both an answer and a refusal, such as the readiness check's 503. */
function merged(own: Json, problem: Json): Json {
  return {
    description: `${String(own["description"])}\n${String(problem["description"])}`,
    headers: { ...(problem["headers"] as Json), ...(own["headers"] as Json) },
    content: { ...(own["content"] as Json), ...(problem["content"] as Json) },
  };
}

interface HeadersOf {
  readonly route: Route;
  readonly status: number;
  readonly required: boolean;
}

function headersJson(names: readonly AnswerHeader[], { route, status, required }: HeadersOf): Json {
  return Object.fromEntries(
    names.map((name) => {
      const { description, type } = answerHeaders[name];
      const examples = examplesOf(route, status, ({ headers }) => headers[name]);
      return [name, { description, required, schema: { type }, ...examples }];
    }),
  );
}

/** What was answered to the operation's examples with this status, as far as `valueOf` finds it there. */
function examplesOf(
  { operation }: Route,
  status: number,
  valueOf: (recorded: RecordedAnswer) => unknown,
): { readonly examples?: Json } {
  const found = operation.examples.flatMap(({ name, summary }: Example) => {
    const recorded = recordedAnswers[`${operation.id}.${name}`];
    const value = recorded?.status === status ? valueOf(recorded) : undefined;
    return value === undefined ? [] : [[name, { summary, value }] as const];
  });
  return found.length === 0 ? {} : { examples: Object.fromEntries(found) };
}

function bodyOf(type: string): (recorded: RecordedAnswer) => unknown {
  return (recorded) => (type === "*" || recorded.type === type ? recorded.body : undefined);
}
