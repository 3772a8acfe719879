import { describe, expect, it } from "vitest";
import { openScene } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";
import { createRandomWalk, seeded } from "../testing/random-walk.ts";

/** Each selects the rows that break it. */
const broken: Readonly<Record<string, string>> = {
  "a lane is due when the earliest of its deliveries is that is pending and not in flight, and it may be served": `
    select 1 from lane as l where l.due_at is distinct from (
      select greatest(min(d.due_at), l.not_before) from delivery as d where d.tenant_id = l.tenant_id
        and d.lane_id = l.id and d.status = 'pending' and d.attempt_started_at is null having count(*) > 0)`,
  "a job counts what is owed to its own callback": `
    select 1 from job as j cross join lateral (
      select count(*) filter (where d.status = 'pending') as pending,
        count(*) filter (where d.status = 'delivered') as delivered,
        count(*) filter (where d.status = 'dead') as dead
      from delivery as d where d.tenant_id = j.tenant_id and d.job_id = j.id and d.for_callback) as owed
    where (j.deliveries_pending, j.deliveries_delivered, j.deliveries_dead)
      is distinct from (owed.pending, owed.delivered, owed.dead)`,
  "I4 attempts are numbered 1 to n without a gap": `
    select 1 from delivery as d cross join lateral (
      select count(*) as made, coalesce(max(a.n), 0) as last from attempt as a
      where a.tenant_id = d.tenant_id and a.delivery_id = d.id) as a
    where (d.attempts, d.attempts) is distinct from (a.made, a.last)`,
  "G2 what is dead has a dead letter, and what is delivered has none that is open": `
    select 1 from delivery as d where d.status in ('dead', 'delivered') and (d.status = 'dead') <> exists (
      select 1 from dead_letter as l where l.tenant_id = d.tenant_id and l.delivery_id = d.id
        and l.resolved_at is null)`,
  "the counts of a replay are those of its items, and it is completed when none is left": `
    select 1 from replay as r where (r.total, r.waiting, r.under_way) <> (
      select count(*), coalesce(sum(case when i.state = 'waiting' then 1 else 0 end), 0),
        coalesce(sum(case when i.state = 'under_way' then 1 else 0 end), 0)
      from replay_item as i where i.tenant_id = r.tenant_id and i.replay_id = r.id
    ) or r.status = 'completed' and r.waiting + r.under_way > 0`,
  "I3 only a held lane has attempts in flight": `
    select 1 from delivery as d join lane as l on l.tenant_id = d.tenant_id and l.id = d.lane_id
    where d.attempt_started_at is not null and l.claimed_by is null`,
  "I7 a finished job has one terminal event, an unfinished one none": `
    select 1 from job as j where (j.finished_at is not null)::int <> (
      select count(*) from event as e where e.tenant_id = j.tenant_id and e.job_id = j.id
        and e.type in ('job.succeeded', 'job.failed', 'job.canceled'))`,
  "a job has a result if it succeeded and nothing erased it, and only then": `
    select 1 from job as j where (j.status = 'succeeded' and j.erased_at is null and j.result_erased_at is null) <> exists (
      select 1 from job_result as r where r.tenant_id = j.tenant_id and r.job_id = j.id)`,
  "a job expires when it has ended, and a tombstone has neither payloads nor metadata": `
    select 1 from job as j where (j.finished_at is null) <> (j.expires_at is null)
      or (j.erased_at is null) <> (j.forget_at is null)
      or j.erased_at is not null and (j.metadata::text <> '{}' or exists (
        select 1 from job_input as i where i.tenant_id = j.tenant_id and i.job_id = j.id))`,
  "only a job that waits for its first run can be too late for it": `
    select 1 from job as j where j.start_by is not null and (j.status <> 'queued' or j.runs > 0)`,
  "an endpoint is paused when its lane is": `
    select 1 from endpoint as e join lane as l on l.tenant_id = e.tenant_id and l.id = e.id
    where (e.status = 'paused') <> l.paused`,
  "the counts of jobs say how many of a tenant are unfinished": `
    select 1 from tenant as t where (
      select count(*) from job as j where j.tenant_id = t.tenant_id and j.status in ('queued', 'running')
    ) <> (
      select coalesce(sum(case what when 'accepted' then total else -total end), 0) from job_count as c
      where c.tenant_id = t.tenant_id
    )`,
  "nobody is told twice of one event": `
    select 1 from delivery group by tenant_id, event_id, lane_id having count(*) > 1`,
};

/** What retention deletes is still counted, as history, and its job's event need not be there any more. */
const brokenWhileExpiring: Readonly<Record<string, string>> = {
  ...broken,
  "a job counts what is owed to its own callback": `
    select 1 from job as j join (
      select tenant_id, job_id, count(*) filter (where status = 'pending') as pending,
        count(*) filter (where status = 'delivered') as delivered, count(*) filter (where status = 'dead') as dead
      from delivery where for_callback group by 1, 2
    ) as kept on kept.tenant_id = j.tenant_id and kept.job_id = j.id
    where j.deliveries_pending <> kept.pending or j.deliveries_delivered < kept.delivered
      or j.deliveries_dead < kept.dead`,
  "I7 a finished job has one terminal event, an unfinished one none": `
    select 1 from job as j where (j.finished_at is not null)::int < (
      select count(*) from event as e where e.tenant_id = j.tenant_id and e.job_id = j.id
        and e.type in ('job.succeeded', 'job.failed', 'job.canceled'))`,
  "an event that has left the feed is there only for its deliveries": `
    select 1 from event as e join feed_floor as f on f.tenant_id = e.tenant_id and e.seq <= f.seq
    where not exists (select 1 from delivery as d where d.tenant_id = e.tenant_id and d.event_id = e.id)`,
};

const everyCheck = (checks: Readonly<Record<string, string>>): string =>
  Object.entries(checks)
    .map(([name, text]) => `(select '${name}' as name from (${text}) as rows limit 1)`)
    .join(" union all ");

describe("the rows stay true to each other on PostgreSQL", () => {
  const cluster = useCluster();

  it.each([
    { seed: 11, expiring: false },
    { seed: 12, expiring: false },
    { seed: 13, expiring: true },
  ])(
    "whatever is done in whatever order ($seed, expiring: $expiring)",
    async ({ seed, expiring }) => {
      const opened = await cluster.openForTest();
      const client = await cluster.connect(opened.connectionString);
      const scene = await openScene(async () => opened);
      const walk = await createRandomWalk(scene, seeded(seed), { expiring });
      const checks = everyCheck(expiring ? brokenWhileExpiring : broken);
      const done: string[] = [];
      for (let step = 0; step < 300; step += 1) {
        done.push(await walk.step());
        if (step % 3 !== 2) continue;
        const { rows } = await client.query(checks);
        expect(rows, `after ${done.slice(-8).join(", ")}`).toEqual([]);
      }
      // The walk has been where something can go wrong.
      const { rows } = await client.query("select distinct outcome from attempt order by 1");
      expect(rows.length).toBeGreaterThan(1);
    },
    60_000,
  );

  it("a lane whose breaker is open is due when it may be served again", async () => {
    const opened = await cluster.openForTest();
    const client = await cluster.connect(opened.connectionString);
    const scene = await openScene(async () => opened);
    for (let at = 0; at < 11; at += 1) await scene.finishJob();
    const lane = await scene.holdLane();
    const failing = { code: "connect_refused", policy: [60_000] } as const;
    for (const one of await scene.claimDeliveries(lane, 10)) await scene.record(lane, one, failing);
    const { rows } = await client.query(
      "select due_at > $1 as later from lane where not_before is not null",
      [scene.now()],
    );
    expect(rows).toEqual([{ later: true }]);
    expect((await client.query(everyCheck(broken))).rows).toEqual([]);
  });

  it("also when two walks go over the same rows at the same time", async () => {
    const opened = await cluster.openForTest();
    const client = await cluster.connect(opened.connectionString);
    const scene = await openScene(async () => opened);
    const { connectionString } = opened;
    const second = await cluster.openForTest({ connectionString });
    const scenes = [scene, { ...(await openScene(async () => second)), now: scene.now, pass: scene.pass }];
    const expiring = true;
    const walks = await Promise.all(
      scenes.map((one, at) => createRandomWalk(one, seeded(21 + at), { expiring })),
    );
    await Promise.all(
      walks.map(async (walk) => {
        for (let step = 0; step < 250; step += 1) await walk.step();
      }),
    );
    expect((await client.query(everyCheck(brokenWhileExpiring))).rows).toEqual([]);
  }, 60_000);
});
