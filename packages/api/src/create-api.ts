// Makes the app: a mountable Hono that answers for everything under its routes and starts nothing.
import { Hono } from "hono";
import { noTraces, type JobKey, type JobWithPayloads } from "@ringback/core";
import { apiDefaults, type ApiDeps } from "./api-deps.ts";
import { createFailedAuthentications } from "./admission/failed-authentications.ts";
import { createRateLimit } from "./admission/rate-limit.ts";
import { createAuthenticator } from "./auth/authenticator.ts";
import { createLeaseDesk } from "./feed/lease-desk.ts";
import { createOutlooks } from "./feed/outlooks.ts";
import { createPolledJobs } from "./feed/polled-jobs.ts";
import { createSharedReads } from "./feed/shared-reads.ts";
import { createWaiters } from "./feed/waiters.ts";
import { createCounters, type Counters } from "./intake/counters.ts";
import { createIntakeGate } from "./intake/intake-gate.ts";
import { createKindDirectory } from "./intake/kind-directory.ts";
import { createLeasedKinds } from "./intake/leased-kinds.ts";
import { makeDocument } from "./openapi/make-document.ts";
import { auditRoutes } from "./routes/audit.ts";
import { callbackSecretRoutes } from "./routes/callback-secret.ts";
import { completionRoutes } from "./routes/completion.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { documentRoutes } from "./routes/document.ts";
import { endpointRoutes } from "./routes/endpoints.ts";
import { feedRoutes } from "./routes/feed.ts";
import { jobEventRoutes } from "./routes/job-events.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { leaseRoutes } from "./routes/leases.ts";
import { keyRoutes } from "./routes/keys.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { mountRoutes } from "./routes/mount.ts";
import { openRoutes } from "./routes/open.ts";
import { replayRoutes } from "./routes/replays.ts";
import type { RouteDeps } from "./routes/route-deps.ts";
import type { Route } from "./routes/route.ts";
import { putJob } from "./routes/put-job.ts";
import { createShortPoll, type ShortPoll } from "./routes/short-poll.ts";
import { submitBatch } from "./routes/submit-batch.ts";
import { submitJob } from "./routes/submit-job.ts";
import { tellEvent } from "./routes/tell-event.ts";
import { tenantRoutes } from "./routes/tenants.ts";
import { createListQueries } from "./schemas/list-queries.ts";
import { createCursors } from "./tokens/cursors.ts";
import { createResultLinks } from "./tokens/result-links.ts";
import { createRunTokens } from "./tokens/run-tokens.ts";

export interface Api {
  readonly app: Hono;
  /** Comes before the app: whoever listens asks it first, and the app for what it has no answer to. */
  readonly shortPoll: ShortPoll;
  /** From now on nobody waits: long polls answer with what there is, event streams end. New requests are still answered. */
  drain(): void;
  readonly counters: Readonly<Counters>;
  /** What it answers to, for whoever goes over all of it. */
  readonly routes: readonly Pick<Route, "method" | "path" | "access" | "operation">[];
}

export function createApi(deps: ApiDeps): Api {
  const { store, clock, random, log, tokenKeys, publicUrl, traces = noTraces } = deps;
  const settings = { ...apiDefaults, ...deps.settings };
  const counters = createCounters();
  const { runs, reads, changes } = store;
  const waiters = createWaiters({ changes, reads, clock, ...settings });
  const jobReads = createSharedReads<JobKey, JobWithPayloads | null>(
    ({ tenantId, jobId }) => reads.getJob(tenantId, jobId),
    ({ tenantId, jobId }) => `${jobId} ${tenantId}`,
  );
  const failures = createFailedAuthentications(clock, settings.authFailuresPerMinute);
  const authenticator = createAuthenticator({ tenants: store.tenants, clock, log, failures });
  const { leaseMs, waitersPerTenantMax: askersMax } = settings;
  const leaseDesk = createLeaseDesk({ runs, changes, clock, leaseMs, askersMax });
  const routeDeps: RouteDeps = {
    ...deps,
    traces,
    settings,
    waiters,
    leaseDesk,
    leasedKinds: createLeasedKinds({ store: store.kinds, clock, random }),
    runTokens: createRunTokens(tokenKeys),
    intakeGate: createIntakeGate({ inFlightMax: settings.intakeInFlightMax, counters }),
    jobReads,
    polledJobs: createPolledJobs({
      reads,
      changes,
      read: (key) => jobReads.read(key),
      jobsMax: settings.polledJobsMax,
    }),
    outlooks: createOutlooks({ reads, clock }),
    kindDirectory: createKindDirectory({ kinds: deps.kinds, store: store.kinds, clock }),
    cursors: createCursors(tokenKeys),
    resultLinks: createResultLinks({ tokenKeys, publicUrl, clock }),
    queries: createListQueries(settings.listLimitMax),
    forgetKey: (keyId) => authenticator.forget(keyId),
  };
  const app = new Hono();
  const rateLimit = createRateLimit(clock);
  const { peerAddress = () => null } = deps;
  const routes = deps.serves === "probes" ? probeRoutes(routeDeps) : allRoutes(routeDeps);
  mountRoutes(
    app,
    { authenticator, rateLimit, settings, peerAddress, random, log, traces, counters },
    routes,
  );
  return {
    app,
    shortPoll:
      deps.serves === "probes" ? () => null : createShortPoll({ ...routeDeps, authenticator, rateLimit }),
    routes,
    counters,
    drain() {
      waiters.drain();
      leaseDesk.drain();
    },
  };
}

function probeRoutes(deps: RouteDeps): readonly Route[] {
  return [...openRoutes(deps), metricsRoute(deps)];
}

function allRoutes(deps: RouteDeps): readonly Route[] {
  const routes: readonly Route[] = [
    ...probeRoutes(deps),
    ...documentRoutes(() => makeDocument(routes, deps.version)),
    submitJob(deps),
    submitBatch(deps),
    putJob(deps),
    ...jobRoutes(deps),
    ...leaseRoutes(deps),
    ...completionRoutes(deps),
    ...jobEventRoutes(deps),
    ...feedRoutes(deps),
    tellEvent(deps),
    ...endpointRoutes(deps),
    ...deliveryRoutes(deps),
    ...deadLetterRoutes(deps),
    ...replayRoutes(deps),
    ...callbackSecretRoutes(deps),
    ...keyRoutes(deps),
    ...tenantRoutes(deps),
    ...auditRoutes(deps),
  ];
  return routes;
}
