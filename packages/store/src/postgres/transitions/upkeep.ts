// What is due, and what its time is over for.
import type { Due, Expiry, Instant } from "@ringback/core";
import type { Ground } from "../ground.ts";
import { cancelOwed, forgetDeleted } from "./endpoints.ts";
import { eraseBodies } from "./body-expiry.ts";
import { deleteReplays } from "./replay-expiry.ts";
import { retentionSteps } from "./retention.ts";
import { expireJobs } from "./job-expiry.ts";
import { expireKinds } from "./kinds.ts";
import { usedPairs } from "./turns.ts";

const earliest = (condition: string): string => `${usedPairs}
  select min(first.due_at) as at from used cross join lateral (
    select j.due_at from job as j
    where j.status = 'queued' and j.priority = used.priority and j.tenant_id = used.tenant_id and ${condition}
    order by j.due_at limit 1
  ) as first`;
const jobsSince = earliest("j.due_at <= $1");
const nextJobAt = earliest("j.due_at > $1");
const freeLane = "claimed_by is null and not paused and due_at is not null";
const dueLanes = `select tenant_id as "tenantId", id as "laneId", due_at as since from lane
  where ${freeLane} and due_at <= $1 order by due_at limit $2`;
const nextLaneAt = `select due_at as at from lane where ${freeLane} and due_at > $1 order by due_at limit 1`;
// By their places in the table, since there is no other way to those: the planner takes an unknown limit for a tenth of the
// table, and joins by keys would go through all of it.
const expireKeys = `delete from idempotency where ctid = any(array(
    select ctid from idempotency where expires_at <= $1 order by expires_at limit $2 for update skip locked
  )) returning 1`;
const expireSecrets = `delete from signing_secret where ctid = any(array(
    select ctid from signing_secret where expires_at is not null and expires_at <= $1
    order by expires_at limit $2 for update skip locked
  )) returning 1`;

export async function readDue({ transaction }: Ground, now: Instant, limit: number): Promise<Due> {
  const at = async (text: string): Promise<Instant | null> => {
    const [row] = await transaction.ask<{ at: Instant | null }>(text, [now]);
    return row?.at ?? null;
  };
  const [since, nextJob, lanes, nextLane] = await Promise.all([
    at(jobsSince),
    at(nextJobAt),
    transaction.ask<Due["lanes"][number]>(dueLanes, [now, limit]),
    at(nextLaneAt),
  ]);
  return { jobsSince: since, nextJobAt: nextJob, lanes, nextLaneAt: nextLane };
}

type Step = (ground: Ground, expiry: Expiry) => Promise<number>;

const deleteBy =
  (text: string): Step =>
  async ({ transaction }, { now, limit }) =>
    (await transaction.ask(text, [now, limit])).length;

const steps: readonly Step[] = [
  deleteBy(expireKeys),
  deleteBy(expireSecrets),
  (ground, { now, limit, retention }) =>
    expireJobs(ground, { now, limit, tombstoneMs: retention.tombstonesMs }),
  (ground, { now, limit }) => cancelOwed(ground, { now, limit }),
  (ground, { limit }) => forgetDeleted(ground, limit),
  (ground, { now, limit }) => expireKinds(ground, { now, limit }),
  ...retentionSteps,
  deleteReplays,
  eraseBodies,
];

/** How much was done, and the step that is to be gone on with; null when that was the last. */
export interface Expired {
  readonly done: number;
  readonly next: number | null;
}

/**
 * Looks, from this step on, for the first one that has something to do, and does that: what it has locked is let go before
 * others are looked at.
 */
export async function expireFrom(ground: Ground, first: number, expiry: Expiry): Promise<Expired> {
  for (let at = first; at < steps.length; at += 1) {
    const done = (await steps[at]?.(ground, expiry)) ?? 0;
    if (done > 0) return { done, next: at + 1 < steps.length ? at + 1 : null };
  }
  return { done: 0, next: null };
}
