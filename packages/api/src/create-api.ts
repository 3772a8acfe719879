// Makes the app: a mountable Hono that answers for everything under its routes and starts nothing.
import { Hono } from "hono";
import { apiDefaults, type ApiDeps } from "./api-deps.ts";
import { createAuthenticator } from "./auth/authenticator.ts";
import { createOutlooks } from "./feed/outlooks.ts";
import { createSharedReads } from "./feed/shared-reads.ts";
import { createWaiters } from "./feed/waiters.ts";
import { createCounters, type Counters } from "./intake/counters.ts";
import { createIntakeGate } from "./intake/intake-gate.ts";
import { createKindDirectory } from "./intake/kind-directory.ts";
import { makeDocument } from "./openapi/make-document.ts";
import { callbackSecretRoutes } from "./routes/callback-secret.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { documentRoutes } from "./routes/document.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { feedRoutes } from "./routes/feed.ts";
import { jobEventRoutes } from "./routes/job-events.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { mountRoutes } from "./routes/mount.ts";
import { openRoutes } from "./routes/open.ts";
import type { RouteDeps } from "./routes/route-deps.ts";
import type { Route } from "./routes/route.ts";
import { putJob } from "./routes/put-job.ts";
import { submitBatch } from "./routes/submit-batch.ts";
import { submitJob } from "./routes/submit-job.ts";
import { createListQueries } from "./schemas/list-queries.ts";
import { createCursors } from "./tokens/cursors.ts";
import { createResultLinks } from "./tokens/result-links.ts";

export interface Api {
  readonly app: Hono;
  /** From now on nobody waits: long polls answer with what there is, event streams end. New requests are still answered. */
  drain(): void;
  readonly counters: Readonly<Counters>;
  /** What it answers to, for whoever goes over all of it. */
  readonly routes: readonly Pick<Route, "method" | "path" | "access" | "operation">[];
}

export function createApi(deps: ApiDeps): Api {
  const { store, clock, random, log, tokenKey, publicUrl } = deps;
  const settings = { ...apiDefaults, ...deps.settings };
  const counters = createCounters();
  const { reads } = store;
  const waiters = createWaiters({ changes: store.changes, reads, clock, ...settings });
  const routeDeps: RouteDeps = {
    ...deps,
    settings,
    waiters,
    intakeGate: createIntakeGate({ inFlightMax: settings.intakeInFlightMax, counters }),
    jobReads: createSharedReads(
      ({ tenantId, jobId }) => reads.getJob(tenantId, jobId),
      ({ tenantId, jobId }) => `${jobId} ${tenantId}`,
    ),
    outlooks: createOutlooks({ reads, clock }),
    kindDirectory: createKindDirectory({ kinds: deps.kinds, store: store.kinds, clock }),
    cursors: createCursors(tokenKey),
    resultLinks: createResultLinks({ tokenKey, publicUrl, clock }),
    queries: createListQueries(settings.listLimitMax),
  };
  const app = new Hono();
  const authenticator = createAuthenticator({ tenants: store.tenants, clock });
  const routes = deps.serves === "probes" ? openRoutes(routeDeps) : allRoutes(routeDeps);
  mountRoutes(app, { authenticator, random, log, counters }, routes);
  return { app, routes, counters, drain: () => waiters.drain() };
}

function allRoutes(deps: RouteDeps): readonly Route[] {
  const routes: readonly Route[] = [
    ...openRoutes(deps),
    ...documentRoutes(() => makeDocument(routes, deps.version)),
    submitJob(deps),
    submitBatch(deps),
    putJob(deps),
    ...jobRoutes(deps),
    ...jobEventRoutes(deps),
    ...feedRoutes(deps),
    ...endpointRoutes(deps),
    ...deliveryRoutes(deps),
    ...callbackSecretRoutes(deps),
  ];
  return routes;
}
