// Submitting a job in a test, and reading the problem that came of it.
import { expect } from "vitest";
import type { House } from "./house.ts";

export interface ProblemBody {
  readonly code: string;
  readonly type: string;
  readonly detail: string;
  readonly status: number;
  readonly requestId: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

export async function submit(
  house: House,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return house.ask("POST", "/v1/jobs", { body, headers });
}

export async function submitText(house: House, raw: string): Promise<Response> {
  return house.ask("POST", "/v1/jobs", { raw, headers: { "content-type": "application/json" } });
}

export async function problemOf(response: Response): Promise<ProblemBody> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  const problem = (await response.json()) as ProblemBody;
  expect(problem).toMatchObject({ status: response.status, type: `/problems/${problem.code}` });
  expect(problem.requestId).toBe(response.headers.get("x-request-id"));
  return problem;
}
