// The store's verbs on PostgreSQL: which of them share a commit, and on which connections they run.
import type {
  Acceptance,
  EndpointStore,
  EventAcceptance,
  HeldLane,
  Instant,
  JobKey,
  RunEnd,
  RunKey,
  RunProgress,
  Store,
} from "@ringback/core";
import type { CallGroups } from "../call-groups.ts";
import type { AtTime } from "./at-time.ts";
import { asUnavailable } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { acceptEvents } from "./transitions/accept-events.ts";
import { acceptJobs, acceptTogether, cancelJobs, eraseResults } from "./transitions/intake.ts";
import { announcedKinds, announceKinds } from "./transitions/kinds.ts";
import { workLanes, type LaneAnswer, type LaneCall } from "./transitions/lane-work.ts";
import { claimLanes, extendLanes, recoverLanes, releaseLanes } from "./transitions/lanes.ts";
import {
  claimRuns,
  claimRunsFor,
  endRuns,
  extendRuns,
  failUnknownKinds,
  failUnstarted,
  handOverRuns,
  recoverRuns,
  reportProgress,
  type Lease,
} from "./transitions/runs.ts";
import { discard, noteDeadLetter } from "./transitions/dead-letters.ts";
import { setEndpointStatus } from "./transitions/endpoint-rows.ts";
import { createKey, noteKeyUse, putFirstKey, putKeys, revokeKey } from "./transitions/keys.ts";
import {
  cancelOwed,
  changeEndpoint,
  closeEndpoint,
  createEndpoints,
  rotateEndpointSecret,
  testEndpoint,
  toldOf,
} from "./transitions/endpoints.ts";
import {
  changeReplay,
  claimReplays,
  createReplay,
  releaseReplay,
  stepReplay,
} from "./transitions/replays.ts";
import { reseal, takeOver } from "./transitions/seals.ts";
import { redeliver, type Redelivery } from "./transitions/support.ts";
import { changeTenant, createTenant, ensureTenant, rotateCallbackSecret } from "./transitions/tenants.ts";
import { unclaimDeliveries } from "./transitions/unclaim.ts";
import { expireFrom, readDue, type Expired } from "./transitions/upkeep.ts";
import type { KeyReads } from "./reads/keys.ts";
import type { TenantReads } from "./reads/tenants.ts";

/** Runs `work` in one transaction on one of the pools, writes what it drafted, and tells of it after the commit. */
export type Transact = <Result>(
  which: "front" | "work",
  work: (ground: Ground) => Promise<Result>,
) => Promise<Result>;

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

export function createVerbs(transact: Transact, groups: CallGroups): Verbs {
  const lists = listsOf(transact, groups);
  const alone = aloneOf(transact);
  return {
    ...intakeAndRuns(lists, alone),
    ...lanesAndSupport(lists, alone),
    ...upkeepOf(alone),
    tenants: tenantsOf(alone),
  };
}

export function sealVerbs(transact: Transact): Pick<Store["seals"], "takeOver" | "reseal"> {
  const { work } = aloneOf(transact);
  return {
    takeOver: (now) => work((ground) => takeOver(ground, now)),
    reseal: (asked) => work((ground) => reseal(ground, asked)),
  };
}

type Lists = ReturnType<typeof listsOf>;
type Alone = ReturnType<typeof aloneOf>;

/** Verbs over lists: the lists of many callers become one, and each caller gets its part of the answers. */
function listsOf(transact: Transact, groups: CallGroups) {
  const line =
    (which: "front" | "work") =>
    <Item, Answer>(work: (ground: Ground, items: readonly Item[]) => Promise<readonly Answer[]>) => {
      const shared = groups.line<readonly Item[], Answer[]>(async (calls) => {
        const answers = await transact(which, (ground) => work(ground, calls.flat()));
        let at = 0;
        return calls.map((items) => answers.slice(at, (at += items.length)));
      });
      return async (items: readonly Item[]): Promise<Answer[]> => (items.length === 0 ? [] : shared(items));
    };
  const front = line("front");
  const work = line("work");
  return {
    accept: front<AtTime<Acceptance>, Awaited<ReturnType<typeof acceptJobs>>[number]>(acceptJobs),
    acceptEvents: front<AtTime<EventAcceptance>, Awaited<ReturnType<typeof acceptEvents>>[number]>(
      acceptEvents,
    ),
    cancel: front<AtTime<JobKey>, Awaited<ReturnType<typeof cancelJobs>>[number]>(cancelJobs),
    eraseResults: front<AtTime<JobKey>, Awaited<ReturnType<typeof eraseResults>>[number]>(eraseResults),
    redeliver: front<AtTime<Redelivery>, Awaited<ReturnType<typeof redeliver>>[number]>(redeliver),
    extendRuns: work<Lease<RunKey>, Awaited<ReturnType<typeof extendRuns>>[number]>(extendRuns),
    handOver: work<AtTime<RunKey & { readonly until: Instant }>, "handed_over" | "lost">(handOverRuns),
    report: work<AtTime<RunProgress>, "written" | "lost">(reportProgress),
    end: work<AtTime<RunEnd>, Awaited<ReturnType<typeof endRuns>>[number]>(endRuns),
    extendLanes: work<Lease<HeldLane>, "extended" | "lost">(extendLanes),
    release: work<AtTime<HeldLane>, null>(async (ground, items) => {
      await releaseLanes(ground, items);
      return items.map(() => null);
    }),
    workLane: groups.line<LaneCall, LaneAnswer>((calls) =>
      transact("work", (ground) => workLanes(ground, calls)),
    ),
  };
}

/** Verbs that are whole by themselves: each call is a transaction of its own. */
function aloneOf(transact: Transact) {
  type Work<Result> = (ground: Ground) => Promise<Result>;
  const on =
    (which: "front" | "work") =>
    async <Result>(work: Work<Result>): Promise<Result> => {
      try {
        return await transact(which, work);
      } catch (thrown) {
        throw asUnavailable(thrown) ?? thrown;
      }
    };
  return { front: on("front"), work: on("work") };
}

function intakeAndRuns(lists: Lists, alone: Alone): Pick<Verbs, "intake" | "runs"> {
  return {
    intake: {
      acceptJobs: (items, now) => lists.accept(atTime(items, now)),
      acceptTogether: (items, now) => alone.front((ground) => acceptTogether(ground, atTime(items, now))),
      acceptEvents: (items, now) => lists.acceptEvents(atTime(items, now)),
      cancelJobs: (items, now) => lists.cancel(atTime(items, now)),
      eraseResults: (items, now) => lists.eraseResults(atTime(items, now)),
    },
    runs: {
      claim: (options) => alone.work((ground) => claimRuns(ground, options)),
      claimFor: (options) => alone.work((ground) => claimRunsFor(ground, options)),
      handOver: (items, now) => lists.handOver(atTime(items, now)),
      extend: (keys, { now, leaseMs }) =>
        lists.extendRuns(keys.map((key) => ({ key, leaseUntil: now + leaseMs }))),
      reportProgress: (items, now) => lists.report(atTime(items, now)),
      end: (items, now) => lists.end(atTime(items, now)),
      failUnstarted: (options) => alone.work((ground) => failUnstarted(ground, options)),
      failUnknownKinds: (options) => alone.work((ground) => failUnknownKinds(ground, options)),
    },
  };
}

function lanesAndSupport(lists: Lists, alone: Alone): Pick<Verbs, "lanes" | "support" | "replays"> {
  return {
    lanes: {
      claim: (options) => alone.work((ground) => claimLanes(ground, options)),
      extend: (held, { now, leaseMs }) =>
        lists.extendLanes(held.map((key) => ({ key, leaseUntil: now + leaseMs }))),
      async release(held, now) {
        await lists.release(atTime(held, now));
      },
      async claimDeliveries(lane, { now, limit, inFlight = 0 }) {
        const answer = await lists.workLane({ kind: "claim", claim: { lane, now, limit, inFlight } });
        return answer.kind === "claimed" ? answer.claimed : { kind: "lost" };
      },
      unclaimDeliveries: (lane, items, now) =>
        alone.work((ground) => unclaimDeliveries(ground, lane, { items, now })),
      async recordAttempts(items, now) {
        if (items.length === 0) return [];
        const answer = await lists.workLane({ kind: "record", records: atTime(items, now) });
        return answer.kind === "recorded" ? [...answer.answers] : items.map(() => "lost");
      },
    },
    support: {
      ...endpointsOf(alone),
      redeliver(items, now, act) {
        const asked = items.map((item) => ({ ...item, act }));
        return lists.redeliver(atTime(asked, now));
      },
      discard: (key, reason, now, act) => alone.front((ground) => discard(ground, key, { reason, now, act })),
      note: (key, note, now, act) => alone.front((ground) => noteDeadLetter(ground, key, { note, now, act })),
    },
    replays: {
      create: (asked, now, act) => alone.front((ground) => createReplay(ground, asked, now, act)),
      change: (key, verb, now, act) => alone.front((ground) => changeReplay(ground, key, { verb, now, act })),
      claim: (options) => alone.work((ground) => claimReplays(ground, options)),
      step: (held, options) => alone.work((ground) => stepReplay(ground, held, options)),
      release: (held) => alone.work((ground) => releaseReplay(ground, held)),
    },
  };
}

function endpointsOf({ front }: Alone): EndpointStore {
  return {
    createEndpoints: (items, now, act) => front((ground) => createEndpoints(ground, items, now, act)),
    changeEndpoint: (key, asked, act) => front((ground) => changeEndpoint(ground, key, asked, act)),
    setEndpointStatus: (key, { status, reason }, now, act) =>
      front(async (ground) => {
        const row = await setEndpointStatus(ground, key, { status, reason, now, act });
        return row === null ? null : toldOf(ground, row);
      }),
    rotateEndpointSecret: (key, rotation, act) =>
      front((ground) => rotateEndpointSecret(ground, key, rotation, act)),
    testEndpoint: (key, now, act) => front((ground) => testEndpoint(ground, key, now, act)),
    async deleteEndpoint(key, now, act) {
      const owed = await front((ground) => closeEndpoint(ground, key, now, act));
      if (owed === null) return null;
      const limit = canceledAtOnceMax;
      // One after the other on purpose: each is a transaction of bounded size.
      while ((await front((ground) => cancelOwed(ground, { now, limit }))) > 0);
      return owed;
    },
  };
}

function tenantsOf({ front }: Alone): Verbs["tenants"] {
  return {
    ensureTenant: (tenant, now) => front((ground) => ensureTenant(ground, tenant, now)),
    createTenant: (tenant, now, act) => front((ground) => createTenant(ground, tenant, now, act)),
    changeTenant: (tenantId, change, now, act) =>
      front((ground) => changeTenant(ground, tenantId, change, { now, act })),
    rotateCallbackSecret: (tenantId, rotation) =>
      front((ground) => rotateCallbackSecret(ground, tenantId, rotation)),
    putKeys: (items, now) => front((ground) => putKeys(ground, items, now)),
    putFirstKey: (item, now) => front((ground) => putFirstKey(ground, item, now)),
    createKey: (key, now, act) => front((ground) => createKey(ground, key, now, act)),
    revokeKey: (key, now, act) => front((ground) => revokeKey(ground, key, now, act)),
    noteKeyUse: (key, at) => front((ground) => noteKeyUse(ground, key, at)),
  };
}

function upkeepOf(alone: Alone): Pick<Verbs, "kinds" | "recover" | "due" | "expire"> {
  return {
    kinds: {
      announce: (announcement) => alone.work((ground) => announceKinds(ground, announcement)),
      announced: (since) => alone.front((ground) => announcedKinds(ground, since)),
    },
    async recover(whose) {
      const recovered = { runs: 0, lanes: 0, attempts: 0 };
      const limited = { ...whose, limit: recoveredAtOnceMax };
      for (let more = true; more;) {
        // One after the other on purpose: each is a transaction of bounded size.
        const runs = await alone.work((ground) => recoverRuns(ground, limited));
        const lanes = await alone.work((ground) => recoverLanes(ground, limited));
        recovered.runs += runs;
        recovered.lanes += lanes.lanes;
        recovered.attempts += lanes.attempts;
        more = runs === recoveredAtOnceMax || lanes.lanes === recoveredAtOnceMax;
      }
      return recovered;
    },
    due: (now, limit) => alone.work((ground) => readDue(ground, now, limit)),
    async expire(asked) {
      let done = 0;
      let next: number | null = 0;
      while (next !== null && done < asked.limit) {
        const [from, limit]: [number, number] = [next, asked.limit - done];
        // One after the other on purpose: each is a short transaction of one table's rows.
        const expired: Expired = await alone.work((ground) => expireFrom(ground, from, { ...asked, limit }));
        done += expired.done;
        next = expired.next;
      }
      return done;
    },
  };
}

function atTime<Item>(items: readonly Item[], now: Instant): AtTime<Item>[] {
  return items.map((item) => ({ item, now }));
}
