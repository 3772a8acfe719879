import { describe, expect, it, onTestFinished } from "vitest";
import { openScene } from "../conformance/scene.ts";
import { createSealing } from "../sealing.ts";
import { createRandomWalk, seeded } from "../testing/random-walk.ts";
import { optionsForTest } from "../testing/sqlite-ground.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { assembleStore } from "./open.ts";
import { inMemory, openFile } from "./open-file.ts";

/** Each selects the rows that break it. */
const broken: Readonly<Record<string, string>> = {
  "a lane is due when the earliest of its deliveries is that is pending and not in flight": `
    select * from lane where due_at is not (
      select min(due_at) from delivery where delivery.tenant_id = lane.tenant_id and lane_id = lane.id
        and status = 'pending' and attempt_started_at is null)`,
  "a job counts what is owed to its own callback": `
    select * from job where (deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled) is not (
      select count(*) filter (where status = 'pending'), count(*) filter (where status = 'delivered'),
        count(*) filter (where status = 'dead'), count(*) filter (where status = 'canceled')
      from delivery where delivery.tenant_id = job.tenant_id and job_id = job.id and for_callback)`,
  "I4 attempts are numbered 1 to n without a gap": `
    select * from delivery where (attempts, attempts) is not (
      select count(*), coalesce(max(n), 0) from attempt
      where attempt.tenant_id = delivery.tenant_id and delivery_id = delivery.id)`,
  "G2 what is dead has a dead letter, and what is delivered has none that is open": `
    select * from delivery where status in ('dead', 'delivered') and (status = 'dead') <> exists (
      select 1 from dead_letter where dead_letter.tenant_id = delivery.tenant_id and delivery_id = delivery.id
        and resolved_at is null)`,
  "the counts of a replay are those of its items, and it is completed when none is left": `
    select 1 from replay as r where (r.total, r.waiting, r.under_way) <> (
      select count(*), coalesce(sum(case when i.state = 'waiting' then 1 else 0 end), 0),
        coalesce(sum(case when i.state = 'under_way' then 1 else 0 end), 0)
      from replay_item as i where i.tenant_id = r.tenant_id and i.replay_id = r.id
    ) or r.status = 'completed' and r.waiting + r.under_way > 0`,
  "I3 only a held lane has attempts in flight": `
    select * from delivery join lane on lane.tenant_id = delivery.tenant_id and lane.id = lane_id
    where attempt_started_at is not null and claimed_by is null`,
  "I7 a finished job has one terminal event, an unfinished one none": `
    select * from job where (finished_at is not null) <> (
      select count(*) from event where event.tenant_id = job.tenant_id and job_id = job.id
        and type in ('job.succeeded', 'job.failed', 'job.canceled'))`,
  "a job has a result if it succeeded and nothing erased it, and only then": `
    select * from job where (status = 'succeeded' and erased_at is null and result_erased_at is null) <> exists (
      select 1 from job_result where job_result.tenant_id = job.tenant_id and job_id = job.id)`,
  "a job expires when it has ended, and a tombstone has neither payloads nor metadata": `
    select * from job where (finished_at is null) <> (expires_at is null) or (erased_at is null) <> (forget_at is null)
      or erased_at is not null and (metadata <> '{}' or exists (
        select 1 from job_input where job_input.tenant_id = job.tenant_id and job_id = job.id))`,
  "only a job that waits for its first run can be too late for it": `
    select * from job where start_by is not null and (status <> 'queued' or runs > 0)`,
  "an endpoint is paused when its lane is": `
    select * from endpoint join lane on lane.tenant_id = endpoint.tenant_id and lane.id = endpoint.id
    where (endpoint.status = 'paused') <> lane.paused`,
  "the counts of jobs say how many of a tenant are unfinished": `
    select 1 from tenant as t where (
      select count(*) from job as j where j.tenant_id = t.tenant_id and j.status in ('queued', 'running')
    ) <> (
      select coalesce(sum(case what when 'accepted' then total else -total end), 0) from job_count as c
      where c.tenant_id = t.tenant_id
    )`,
  "nobody is told twice of one event": `
    select tenant_id, event_id, lane_id from delivery group by 1, 2, 3 having count(*) > 1`,
};

/** What retention deletes is still counted, as history, and its job's event need not be there any more. */
const brokenWhileExpiring: Readonly<Record<string, string>> = {
  ...broken,
  "a job counts what is owed to its own callback": `
    select * from job join (
      select tenant_id, job_id, count(*) filter (where status = 'pending') as pending,
        count(*) filter (where status = 'delivered') as delivered, count(*) filter (where status = 'dead') as dead
      from delivery where for_callback group by 1, 2
    ) as kept on kept.tenant_id = job.tenant_id and kept.job_id = job.id
    where deliveries_pending <> pending or deliveries_delivered < delivered or deliveries_dead < dead`,
  "I7 a finished job has one terminal event, an unfinished one none": `
    select * from job where (finished_at is not null) < (
      select count(*) from event where event.tenant_id = job.tenant_id and job_id = job.id
        and type in ('job.succeeded', 'job.failed', 'job.canceled'))`,
  "an event that has left the feed is there only for its deliveries": `
    select * from event join feed_floor as floor on floor.tenant_id = event.tenant_id and event.seq <= floor.seq
    where not exists (select 1 from delivery where delivery.tenant_id = event.tenant_id and event_id = event.id)`,
};

describe("the rows stay true to each other", () => {
  it.each([
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => ({ seed, expiring: false })),
    ...[31, 32, 33, 34].map((seed) => ({ seed, expiring: true })),
  ])("whatever is done in whatever order ($seed, expiring: $expiring)", async ({ seed, expiring }) => {
    const file = openFile(inMemory);
    migrate(file.client, readMigrations(), 0);
    const options = optionsForTest(inMemory);
    const store = assembleStore(file, createSealing(options.masterKey, options.random), options);
    onTestFinished(() => store.close());
    const { random, rings } = options;
    const scene = await openScene(async () => ({ store, random, rings }));
    const walk = await createRandomWalk(scene, seeded(seed), { expiring });
    const checks = Object.entries(expiring ? brokenWhileExpiring : broken).map(([name, text]) => ({
      name,
      rows: file.client.prepare(text),
    }));
    const done: string[] = [];
    for (let step = 0; step < 400; step += 1) {
      done.push(await walk.step());
      for (const { name, rows } of checks) {
        expect(rows.all(), `${name}, after ${done.slice(-5).join(", ")}`).toEqual([]);
      }
    }
    // The walk has been where something can go wrong.
    const outcomes = file.client.prepare("select distinct outcome from attempt order by 1").pluck().all();
    if (!expiring) expect(outcomes).toEqual(["delivered", "failed", "outcome_unknown"]);
    const floors = file.client.prepare("select count(*) from feed_floor").pluck().get();
    expect(floors).toBe(expiring ? 1 : 0);
  });
});
