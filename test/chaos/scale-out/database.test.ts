import { describe, expect, onTestFinished, test } from "vitest";
import { openCuttingProxy } from "@ringback/store/testing";
import { asTestDatabase } from "../../support/mode.ts";
import { askPostgres, startPostgresCluster } from "../../support/postgres-cluster.ts";
import { seeded } from "../../support/seed.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { makeChaosHome } from "../chaos-home.ts";
import { startStorm } from "../storm-ground.ts";
import { startFleet } from "./fleet.ts";

const chance = seeded("chaos/database");
const roles = ["api", "runner", "dispatcher"] as const;

/** One process of each role, whose connections go through a proxy. */
async function startProxiedFleet() {
  const home = makeChaosHome();
  onTestFinished(() => home.dispose());
  const { connectionString } = await home.database();
  const proxy = await openCuttingProxy(connectionString);
  await startFleet(home, roles, { DATABASE_URL: proxy.connectionString });
  return { home, proxy };
}

describe("the database fails under load", () => {
  test(
    "F45 it crashes and starts again, three times: nothing acknowledged is lost, everything goes on by itself",
    { timeout: 180_000 },
    async () => {
      const cluster = await startPostgresCluster({ durable: true });
      onTestFinished(() => cluster.stop());
      const home = makeChaosHome({ database: asTestDatabase(await cluster.createDatabase()) });
      onTestFinished(() => home.dispose());
      await startFleet(home, roles);
      const storm = await startStorm(home, chance);
      for (let crash = 1; crash <= 3; crash += 1) {
        await storm.moment();
        await cluster.restart();
        storm.load.serverIsUp();
      }
      expect(await storm.endAndAudit("chaos/database: 3 crashes")).toEqual([]);
    },
  );

  test(
    "F45 F46 its connections are terminated, ten times, in use or idle: no process dies, nothing is lost",
    { timeout: 120_000 },
    async () => {
      const home = makeChaosHome();
      onTestFinished(() => home.dispose());
      const fleet = await startFleet(home, roles);
      const storm = await startStorm(home, chance);
      const { connectionString } = await home.database();
      for (let time = 1; time <= 10; time += 1) {
        await storm.moment();
        await askPostgres(
          connectionString,
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and pid <> pg_backend_pid()`,
        );
        storm.load.serverIsUp();
      }
      expect(await storm.endAndAudit("chaos/database: 10 times all connections terminated")).toEqual([]);
      const alive = roles.flatMap((role) => fleet.of(role));
      expect(alive.map(({ pid }) => process.kill(pid, 0))).toEqual([true, true, true]);
    },
  );

  test(
    "F47 connections are cut after the commit and before its answer, in every role: nothing is done twice",
    { timeout: 120_000 },
    async () => {
      const { home, proxy } = await startProxiedFleet();
      const storm = await startStorm(home, chance);
      for (let cut = 1; cut <= 20; cut += 1) {
        await storm.load.afterAccepted(chance.whole(1, 10));
        proxy.cutAtNextCommit();
        await waitUntil(async () => proxy.cuts(), {
          holds: (cuts) => cuts >= cut,
          timeoutMs: 10_000,
          what: `cut ${cut}`,
        });
        storm.load.serverIsUp();
      }
      expect(await storm.endAndAudit("chaos/database: 20 commits cut")).toEqual([]);
    },
  );

  test(
    "F21 F125 while it is down, requests and polls are answered 503 with Retry-After within two seconds; then all goes on by itself",
    { timeout: 120_000 },
    async () => {
      const { home, proxy } = await startProxiedFleet();
      const before = await home.client.submit({ kind: "chaos.echo", input: "before" });
      await home.client.waitForDone(before.id);

      await proxy.refuse();
      const askedAt = Date.now();
      const refused = await Promise.all([
        home.client.call("/v1/jobs", { method: "POST", body: { kind: "chaos.echo", input: "during" } }),
        home.client.call(`/v1/jobs/${before.id}`),
        home.client.call(`/v1/jobs/${before.id}`, { headers: { "if-none-match": "*" } }),
      ]);
      expect(Date.now() - askedAt).toBeLessThan(2_000);
      for (const answer of refused) {
        expect(answer.status).toBe(503);
        expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      }
      expect((await home.client.call("/readyz")).status).toBe(503);
      await proxy.resume();

      const job = await waitUntil(
        () => home.client.call("/v1/jobs", { method: "POST", body: { kind: "chaos.echo", input: "after" } }),
        { holds: ({ status }) => status === 202, timeoutMs: 20_000, what: "accepted job" },
      );
      const { id } = job.json as { readonly id: string };
      expect(await home.client.waitForDone(id, 30_000)).toMatchObject({ result: "after" });
      await waitUntil(() => home.client.call("/readyz"), {
        holds: ({ status }) => status === 200,
        timeoutMs: 20_000,
        what: "readiness",
      });
    },
  );
});
