// What needs no key: whether the process lives, whether it is ready, and the pages that explain problems.
import { jsonAnswer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { openOperations } from "../descriptions/open.ts";
import { isProblemCode } from "../problems/catalogue.ts";
import { pageHeaders } from "../pages/page.ts";
import { problemIndexPage, problemPage } from "../problems/problem-page.ts";
import { notFound } from "../problems/refusal.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { OpenRoute } from "./route.ts";

const uncached = { "cache-control": "no-store" } as const;

export function openRoutes({
  version,
  readiness,
}: Pick<RouteDeps, "version" | "readiness">): readonly OpenRoute[] {
  const access = "open";
  return [
    {
      method: "GET",
      path: "/healthz",
      access,
      operation: openOperations.liveness,
      answer: () => jsonAnswer(status.ok, JSON.stringify({ status: "ok", version }), uncached),
    },
    {
      method: "GET",
      path: "/readyz",
      access,
      operation: openOperations.readiness,
      answer: async () => {
        const { ready, checks } = await readiness();
        const body = JSON.stringify({ status: ready ? "ready" : "not ready", checks });
        return jsonAnswer(ready ? status.ok : status.unavailable, body, uncached);
      },
    },
    {
      method: "GET",
      path: "/problems",
      access,
      operation: openOperations.problems,
      answer: () => ({ status: status.ok, headers: { ...pageHeaders }, body: problemIndexPage() }),
    },
    {
      method: "GET",
      path: "/problems/:code",
      access,
      operation: openOperations.problem,
      answer: ({ request }) => {
        const code = request.param("code") ?? "";
        if (!isProblemCode(code)) return notFound;
        return { status: status.ok, headers: { ...pageHeaders }, body: problemPage(code) };
      },
    },
  ];
}
