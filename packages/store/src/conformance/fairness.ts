// What claims promise between tenants: they take turns, so much work of one never stands before a little of another.
import { beforeEach, describe, expect, it } from "vitest";
import { noLimits, type Act, type ClaimedRun, type RunStore } from "@ringback/core";
import { leaseMs, only, openScene, otherTenantId, tenantId, type OpenStore, type Scene } from "./scene.ts";

const act: Act = { by: null, reason: null };

export function describeFairness(openStore: OpenStore): void {
  describe("turns", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    type Limits = Pick<Parameters<RunStore["claim"]>[0], "tenantRunningMax" | "kindRunningMax">;
    const claim = (limit: number, limits: Limits = {}, kinds = ["report"]): Promise<ClaimedRun[]> =>
      scene.store.runs.claim({ holder: "h", kinds, limit, now: scene.now(), leaseMs, ...limits });

    async function submit(whose: string, count: number, over: { kind?: string; priority?: number } = {}) {
      for (let left = count; left > 0; left -= 1_000) {
        const items = Array.from({ length: Math.min(left, 1_000) }, () =>
          scene.acceptance({ tenantId: whose, callback: null, input: null, ...over }),
        );
        await scene.store.intake.acceptJobs(items, scene.now());
      }
    }
    async function makeTenant(id: string, limits = noLimits): Promise<void> {
      const made = { id, name: null, limits, callbackSecret: "whsec_bmV3" };
      await scene.store.tenants.createTenant(made, scene.now(), act);
    }
    const countsOf = (runs: readonly Pick<ClaimedRun, "tenantId">[]): Readonly<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const run of runs) counts[run.tenantId] = (counts[run.tenantId] ?? 0) + 1;
      return counts;
    };

    it("one tenant's 10,000 queued jobs delay another's first one by no more than the running slots", async () => {
      const slots = 20;
      await submit(tenantId, 10_000);
      const running = await claim(slots);
      expect(countsOf(running)).toEqual({ [tenantId]: slots });
      scene.pass(1_000);
      await submit(otherTenantId, 1);
      await scene.endRun(running[0]!);
      expect(countsOf(await claim(1))).toEqual({ [otherTenantId]: 1 });
    }, 60_000);

    it("a claim shares its slots evenly, and what one tenant cannot use goes to the others", async () => {
      await makeTenant("initech");
      await submit(tenantId, 50);
      await submit(otherTenantId, 50);
      await submit("initech", 2);
      expect(countsOf(await claim(20))).toEqual({ [tenantId]: 9, [otherTenantId]: 9, initech: 2 });
      expect(countsOf(await claim(90))).toEqual({ [tenantId]: 41, [otherTenantId]: 41 });
      expect(await claim(5)).toEqual([]);
    });

    it("slots that come free one by one go round all tenants, and none is left out", async () => {
      const names = [tenantId, otherTenantId, "initech", "hooli", "umbrella"];
      for (const name of names.slice(2)) await makeTenant(name);
      for (const name of names) await submit(name, name === tenantId ? 40 : 3);
      const served: string[] = [];
      for (let at = 0; at < 15; at += 1) served.push(only(await claim(1)).tenantId);
      for (const round of [0, 5, 10]) {
        expect(served.slice(round, round + 5).toSorted()).toEqual(names.toSorted());
      }
    });

    it("with more tenants than slots, every tenant has its turn before anybody has a second one", async () => {
      const names = Array.from({ length: 30 }, (_, at) => `t${String(at).padStart(2, "0")}`);
      for (const name of names) {
        await makeTenant(name);
        await submit(name, 3);
      }
      const rounds: string[] = [];
      for (let at = 0; at < 12; at += 1) rounds.push(...(await claim(5)).map((run) => run.tenantId));
      expect(new Set(rounds.slice(0, 30)).size).toBe(30);
      expect(new Set(rounds.slice(30)).size).toBe(30);
    });

    it("priority stands before turns, and within a tenant the oldest comes first", async () => {
      await submit(tenantId, 3);
      scene.pass(10);
      await submit(otherTenantId, 2, { priority: 5 });
      await submit(tenantId, 2, { priority: 5 });
      scene.pass(10);
      const claimed = await claim(5);
      expect(claimed.slice(0, 4).every(({ job }) => job.priority === 5)).toBe(true);
      expect(claimed[4]?.job).toMatchObject({ tenantId, priority: 0 });
      const rest = await claim(5);
      const ids = [claimed[4]!, ...rest].map(({ jobId }) => jobId);
      expect(ids).toEqual(ids.toSorted());
    });

    it("tenants with nothing due, and with other kinds only, are passed over", async () => {
      await makeTenant("aaa");
      await submit("aaa", 3, { kind: "other" });
      await scene.submit({ runAt: scene.now() + 60_000, callback: null });
      await submit(otherTenantId, 2);
      expect(countsOf(await claim(5))).toEqual({ [otherTenantId]: 2 });
      expect(await claim(5)).toEqual([]);
      scene.pass(60_000);
      expect(countsOf(await claim(5))).toEqual({ [tenantId]: 1 });
    });

    it("a tenant runs no more jobs at once than its limit, or than the default, and the others have the slots", async () => {
      await makeTenant("small", { ...noLimits, runningMax: 1 });
      for (const name of ["small", tenantId, otherTenantId]) await submit(name, 30);
      scene.takeRings();
      const first = await claim(20, { tenantRunningMax: 6 });
      expect(countsOf(first)).toEqual({ small: 1, [tenantId]: 6, [otherTenantId]: 6 });
      expect(await claim(20, { tenantRunningMax: 6 })).toEqual([]);
      await scene.endRun(first.find((run) => run.tenantId === "small")!);
      expect(scene.takeRings(), "what the limit held back is rung for").toContainEqual({
        kind: "jobs",
        at: scene.now(),
      });
      expect(countsOf(await claim(20, { tenantRunningMax: 6 }))).toEqual({ small: 1 });
      await scene.store.tenants.changeTenant("small", { limits: { runningMax: 3 } }, scene.now(), act);
      expect(countsOf(await claim(20, { tenantRunningMax: 6 }))).toEqual({ small: 2 });
      expect(countsOf(await claim(4))).toEqual({ [tenantId]: 2, [otherTenantId]: 2 });
    });

    it("tenants whose only kind has one place take turns at it", async () => {
      await submit(tenantId, 4, { kind: "heavy" });
      await submit(otherTenantId, 4, { kind: "heavy" });
      const served: string[] = [];
      for (let at = 0; at < 6; at += 1) {
        const run = only(await claim(10, { kindRunningMax: { heavy: 1 } }, ["heavy", "report"]));
        served.push(run.tenantId);
        await scene.endRun(run);
      }
      expect(countsOf(served.map((id) => ({ tenantId: id })))).toEqual({ [tenantId]: 3, [otherTenantId]: 3 });
    });

    it("tenants that may run nothing more do not stand before those that may, however many they are", async () => {
      const full = Array.from({ length: 12 }, (_, at) => `full${at}`);
      for (const name of full) {
        await makeTenant(name, { ...noLimits, runningMax: 0 });
        await submit(name, 2);
      }
      await submit(tenantId, 3);
      for (let at = 0; at < 3; at += 1) expect(countsOf(await claim(1))).toEqual({ [tenantId]: 1 });
    });

    it("a tenant whose turn was cut short by more urgent work has it next", async () => {
      const names = Array.from({ length: 6 }, (_, at) => `t${at}`);
      for (const name of names) {
        await makeTenant(name);
        await submit(name, 2);
      }
      const served: string[] = [];
      for (let at = 0; at < 6; at += 1) {
        await submit(tenantId, 4, { priority: 5 });
        const claimed = await claim(5);
        served.push(...claimed.filter(({ job }) => job.priority === 0).map((run) => run.tenantId));
      }
      expect(served.toSorted()).toEqual(names);
    });

    it("a kind runs no more often at once than its limit, and does not hold up other kinds", async () => {
      await submit(tenantId, 10, { kind: "heavy" });
      await submit(otherTenantId, 10, { kind: "heavy" });
      scene.pass(10);
      await submit(tenantId, 3);
      const kinds = ["heavy", "report"];
      const limits = { kindRunningMax: { heavy: 3 } };
      const first = await claim(10, limits, kinds);
      expect(first.filter(({ job }) => job.kind === "heavy")).toHaveLength(3);
      expect(first.filter(({ job }) => job.kind === "report")).toHaveLength(3);
      expect(await claim(10, limits, kinds)).toEqual([]);
      await scene.endRun(first.find(({ job }) => job.kind === "heavy")!);
      expect(await claim(10, limits, kinds)).toHaveLength(1);
    });
  });
}
