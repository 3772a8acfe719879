// What the document says of what needs no key: the checks of the process, the problems' pages, and itself.
import { z } from "zod";
import { status } from "../answers/status.ts";
import { jsonForm, type AnswerForm, type Operation } from "../openapi/operation.ts";
import { livenessShape, readinessShape } from "../shapes/health-shape.ts";

const tag = "Operations";
const uncached = { always: ["cache-control"] } as const;

function pageForm(description: string): AnswerForm {
  return {
    status: status.ok,
    description,
    always: ["cache-control", "content-security-policy"],
    content: { "text/html": z.string() },
  };
}

export const openOperations = {
  liveness: {
    id: "getLiveness",
    tag,
    summary: "Does the process live?",
    answers: [jsonForm(status.ok, "It does.", livenessShape, uncached)],
    examples: [{ name: "alive", summary: "It lives" }],
  },
  readiness: {
    id: "getReadiness",
    tag,
    summary: "Should the process be given requests?",
    description: "Not while it starts or drains, and not when due work makes no progress.",
    answers: [
      jsonForm(status.ok, "It should.", readinessShape, uncached),
      jsonForm(status.unavailable, "Not now.", readinessShape, uncached),
    ],
    examples: [{ name: "ready", summary: "It is ready" }],
  },
  problems: {
    id: "listProblems",
    tag,
    summary: "The list of problem codes, as a page",
    answers: [pageForm("The page.")],
    examples: [{ name: "page", summary: "All codes", showsAnswer: false }],
  },
  problem: {
    id: "getProblem",
    tag,
    summary: "What a problem code means, as a page",
    path: { code: "The code." },
    answers: [pageForm("Meaning, causes, and what to do.")],
    examples: [{ name: "page", summary: "One code", path: { code: "job-not-finished" }, showsAnswer: false }],
  },
  document: {
    id: "getOpenApiDocument",
    tag,
    summary: "This document",
    answers: [
      jsonForm(status.ok, "OpenAPI 3.1.", z.looseObject({ openapi: z.string() }), {
        always: ["cache-control"],
      }),
    ],
    examples: [{ name: "document", summary: "All of it", showsAnswer: false }],
  },
  docs: {
    id: "getDocs",
    tag,
    summary: "This document, to read",
    answers: [pageForm("The page.")],
    examples: [{ name: "page", summary: "All of it", showsAnswer: false }],
  },
  style: {
    id: "getStyle",
    tag,
    summary: "How the pages look",
    answers: [
      {
        status: status.ok,
        description: "The stylesheet.",
        always: ["cache-control"],
        content: { "text/css": z.string() },
      },
    ],
    examples: [{ name: "style", summary: "All of it", showsAnswer: false }],
  },
} as const satisfies Readonly<Record<string, Operation>>;
