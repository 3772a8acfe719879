// What a route is: a method, a path, who may call it, what it is for, and what it answers. A route without `access` or
// without its part of the OpenAPI document (`operation`) does not compile.
import type { HonoRequest } from "hono";
import type { Act, Actor, Scope, SubmissionSpan } from "@ringback/core";
import type { Answer } from "../answers/answer.ts";
import type { Operation } from "../openapi/operation.ts";
import type { Refusal } from "../problems/refusal.ts";

/** A request nobody has been asked to sign for. */
export interface OpenCall {
  readonly request: HonoRequest;
  readonly requestId: string;
  /** The span of a request that submits jobs; null for all others. */
  readonly submission: SubmissionSpan | null;
}

/** A request of a known tenant. */
export interface Call extends OpenCall {
  readonly tenantId: string;
  /** Whose key it is; null when a token stood in for one. */
  readonly by: Actor | null;
  /** True for an `admin` key of the operator's tenant. */
  readonly isOperator: boolean;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

type Outcome = Answer | Refusal | Promise<Answer | Refusal>;

export interface OpenRoute {
  readonly method: Method;
  readonly path: string;
  readonly access: "open";
  readonly operation: Operation;
  readonly answer: (call: OpenCall) => Outcome;
}

export interface KeyRoute {
  readonly method: Method;
  readonly path: string;
  readonly access: Scope;
  readonly operation: Operation;
  /** It submits jobs, so it is where their trace begins or goes on. */
  readonly submits?: true;
  /** Stands in for a key: whose the request is by its token, or why not. Null when it carries none. */
  readonly byToken?: (call: OpenCall) => { readonly tenantId: string } | Refusal | null;
  readonly answer: (call: Call) => Outcome;
}

export type Route = OpenRoute | KeyRoute;

/** What the audit says of the call. */
export function actOf({ by }: Call, reason: string | null = null): Act {
  return { by, reason };
}

/** The path's `:id`. */
export function idOf({ request }: OpenCall): string {
  return request.param("id") ?? "";
}
