// The port's verbs that write, in terms of the transitions that are called for them.
import type { Store } from "@ringback/core";
import type { CallTransition } from "./transitions.ts";

export type Verbs = Pick<
  Store,
  "intake" | "runs" | "lanes" | "support" | "kinds" | "recover" | "due" | "expire"
> & {
  readonly tenants: Pick<
    Store["tenants"],
    "ensureTenant" | "rotateCallbackSecret" | "putKeys" | "putFirstKey"
  >;
};

/** How much one transaction of `recover` takes on, so that others are not kept waiting. */
const recoveredAtOnceMax = 200;

export function createVerbs(call: CallTransition): Verbs {
  return {
    intake: {
      acceptJobs: (items, now) => call("acceptJobs", items, now),
      acceptTogether: (items, now) => call("acceptTogether", items, now),
      cancelJobs: (items, now) => call("cancelJobs", items, now),
      eraseResults: (items, now) => call("eraseResults", items, now),
    },
    runs: {
      claim: (claim) => call("claimRuns", claim),
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
      createEndpoints: (items, now) => call("createEndpoints", items, now),
      setEndpointStatus: (key, status, now) => call("setEndpointStatus", key, status, now),
      redeliver: (items, now) => call("redeliver", items, now),
    },
    tenants: {
      ensureTenant: (tenant, now) => call("ensureTenant", tenant, now),
      rotateCallbackSecret: (tenantId, rotation) => call("rotateCallbackSecret", tenantId, rotation),
      putKeys: (items, now) => call("putKeys", items, now),
      putFirstKey: (item, now) => call("putFirstKey", item, now),
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
