// `GET /metrics`: the process's own figures, in Prometheus' text format. They are of the whole installation, so only keys of the
// operator's tenant read them. Every process serves it, also one that takes no other requests: its counters are its own.
import { status } from "../answers/status.ts";
import { openOperations } from "../descriptions/open.ts";
import { refusal, type Refusal } from "../problems/refusal.ts";
import type { RouteDeps } from "./route-deps.ts";
import type { KeyRoute } from "./route.ts";

const operatorOnly: Refusal = refusal(
  "operator-only",
  "Metrics are of the whole installation and need a key of the operator's tenant; this key belongs to another one.",
);

export function metricsRoute({ metrics, settings }: Pick<RouteDeps, "metrics" | "settings">): KeyRoute {
  return {
    method: "GET",
    path: "/metrics",
    access: "metrics",
    operation: openOperations.metrics,
    answer: async ({ tenantId }) => {
      if (tenantId !== settings.operatorTenantId) return operatorOnly;
      const headers = {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
      };
      return { status: status.ok, headers, body: await metrics() };
    },
  };
}
