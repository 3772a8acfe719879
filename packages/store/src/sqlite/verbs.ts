// The port's verbs that write, in terms of the transitions that are called for them.
import type { Store } from "@ringback/core";
import type { KeyReads } from "./reads/keys.ts";
import type { TenantReads } from "./reads/tenants.ts";
import type { CallTransition } from "./transitions.ts";

export type Verbs = Pick<
  Store,
  "intake" | "runs" | "lanes" | "support" | "kinds" | "recover" | "due" | "expire"
> & {
  readonly tenants: Omit<Store["tenants"], keyof TenantReads | keyof KeyReads>;
};

/** How much one transaction of `recover` takes on, so that others are not kept waiting. */
const recoveredAtOnceMax = 200;

export function createVerbs(call: CallTransition): Verbs {
  return {
    intake: {
      acceptJobs: (items, now) => call("acceptJobs", items, now),
      acceptTogether: (items, now) => call("acceptTogether", items, now),
      acceptEvents: (items, now) => call("acceptEvents", items, now),
      cancelJobs: (items, now) => call("cancelJobs", items, now),
      eraseResults: (items, now) => call("eraseResults", items, now),
    },
    runs: {
      claim: (claim) => call("claimRuns", claim),
      claimFor: (claim) => call("claimRunsFor", claim),
      handOver: (items, now) => call("handOverRuns", items, now),
      extend: (keys, lease) => call("extendRuns", keys, lease),
      reportProgress: (items, now) => call("reportProgress", items, now),
      end: (items, now) => call("endRuns", items, now),
      failUnstarted: (limited) => call("failUnstarted", limited),
      failUnknownKinds: (unknown) => call("failUnknownKinds", unknown),
    },
    lanes: {
      claim: (claim) => call("claimLanes", claim),
      extend: (held, lease) => call("extendLanes", held, lease),
      release: (held, now) => call("releaseLanes", held, now),
      claimDeliveries: (lane, claim) => call("claimDeliveries", lane, claim),
      recordAttempts: (items, now) => call("recordAttempts", items, now),
    },
    support: {
      createEndpoints: (items, now, act) => call("createEndpoints", items, now, act),
      setEndpointStatus: (key, status, now, act) => call("setEndpointStatus", key, status, now, act),
      redeliver: (items, now, act) => call("redeliver", items, now, act),
    },
    tenants: {
      ensureTenant: (tenant, now) => call("ensureTenant", tenant, now),
      createTenant: (tenant, now, act) => call("createTenant", tenant, now, act),
      changeTenant: (tenantId, change, now, act) => call("changeTenant", tenantId, change, now, act),
      rotateCallbackSecret: (tenantId, rotation) => call("rotateCallbackSecret", tenantId, rotation),
      putKeys: (items, now) => call("putKeys", items, now),
      putFirstKey: (item, now) => call("putFirstKey", item, now),
      createKey: (key, now, act) => call("createKey", key, now, act),
      revokeKey: (key, now, act) => call("revokeKey", key, now, act),
      noteKeyUse: (key, at) => call("noteKeyUse", key, at),
    },
    kinds: {
      announce: (announcement) => call("announceKinds", announcement),
      announced: (since) => call("announcedKinds", since),
    },
    async recover(whose) {
      const recovered = { runs: 0, lanes: 0, attempts: 0 };
      for (let more = true; more;) {
        // One after the other on purpose: each is a transaction of bounded size.
        const batch = await call("recoverSome", { ...whose, limit: recoveredAtOnceMax });
        recovered.runs += batch.runs;
        recovered.lanes += batch.lanes;
        recovered.attempts += batch.attempts;
        more = batch.runs === recoveredAtOnceMax || batch.lanes === recoveredAtOnceMax;
      }
      return recovered;
    },
    due: (now, limit) => call("due", now, limit),
    expire: (asked) => call("expire", asked),
  };
}
