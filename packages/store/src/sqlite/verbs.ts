// The port's verbs that write, in terms of the transitions that are called for them.
import type { Store } from "@ringback/core";
import type { KeyReads } from "./reads/keys.ts";
import type { TenantReads } from "./reads/tenants.ts";
import type { CallTransition } from "./transitions.ts";

export type Verbs = Pick<
  Store,
  "intake" | "runs" | "lanes" | "support" | "replays" | "kinds" | "recover" | "due" | "expire"
> & {
  readonly tenants: Omit<Store["tenants"], keyof TenantReads | keyof KeyReads>;
};

/** How much one transaction of `recover` takes on, so that others are not kept waiting. */
const recoveredAtOnceMax = 200;

/** The same for what is owed to an endpoint that is deleted. */
const canceledAtOnceMax = 500;

export function sealVerbs(call: CallTransition): Pick<Store["seals"], "takeOver" | "reseal"> {
  return {
    takeOver: (now) => call("takeOverSeals", now),
    reseal: (asked) => call("reseal", asked),
  };
}

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
      unclaimDeliveries: (lane, items, now) => call("unclaimDeliveries", lane, items, now),
      recordAttempts: (items, now) => call("recordAttempts", items, now),
    },
    support: {
      createEndpoints: (items, now, act) => call("createEndpoints", items, now, act),
      changeEndpoint: (key, asked, act) => call("changeEndpoint", key, asked, act),
      setEndpointStatus: (key, status, now, act) => call("setEndpointStatus", key, status, now, act),
      rotateEndpointSecret: (key, rotation, act) => call("rotateEndpointSecret", key, rotation, act),
      testEndpoint: (key, now, act) => call("testEndpoint", key, now, act),
      async deleteEndpoint(key, now, act) {
        const owed = await call("closeEndpoint", key, now, act);
        if (owed === null) return null;
        // One after the other on purpose: each is a transaction of bounded size.
        for (let more = true; more;) {
          more = (await call("cancelOwed", { now, limit: canceledAtOnceMax })) === canceledAtOnceMax;
        }
        return owed;
      },
      redeliver: (items, now, act) => call("redeliver", items, now, act),
      discard: (key, reason, now, act) => call("discard", key, reason, now, act),
      note: (key, note, now, act) => call("noteDeadLetter", key, note, now, act),
    },
    replays: {
      create: (asked, now, act) => call("createReplay", asked, now, act),
      change: (key, verb, now, act) => call("changeReplay", key, verb, now, act),
      claim: (claim) => call("claimReplays", claim),
      step: (held, step) => call("stepReplay", held, step),
      release: (held) => call("releaseReplay", held),
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
