// Hands out leases to those who ask over HTTP and may wait. Whoever waits for the same kinds of one tenant shares one claim at
// a time, in the order they came; a commit that touches a job of the tenant is a reason to look, and so is a second's passing,
// since a job may become due without a commit.
import type { Change, Changes, ClaimedRun, Clock, RunStore } from "@ringback/core";

export interface LeaseDeskDeps {
  readonly runs: Pick<RunStore, "claimFor" | "end">;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly leaseMs: number;
  /** Those who wait beyond this are answered at once. */
  readonly askersMax: number;
}

export interface LeaseDesk {
  /** At least one run, unless none became due in time. Rejects as the store does. */
  lease(asked: LeaseAsked): Promise<readonly ClaimedRun[]>;
  /** From now on nobody waits. */
  drain(): void;
}

export interface LeaseAsked {
  readonly tenantId: string;
  readonly kinds: readonly string[];
  readonly max: number;
  readonly waitMs: number;
  /** Fires when nobody is there any more to be given anything. */
  readonly signal: AbortSignal;
}

interface Asker {
  readonly max: number;
  readonly resolve: (runs: readonly ClaimedRun[]) => void;
  readonly reject: (thrown: unknown) => void;
}

interface Line {
  readonly tenantId: string;
  readonly kinds: readonly string[];
  readonly askers: Asker[];
  isClaiming: boolean;
  isRung: boolean;
}

/** How often a line looks without having been rung. */
const lookMs = 1_000;
/** How long it waits after a claim that brought nothing, whatever rings. */
const pauseMs = 50;
const claimMax = 100;

export function createLeaseDesk(deps: LeaseDeskDeps): LeaseDesk {
  const { clock, changes } = deps;
  const lines = new Map<string, Line>();
  let waiting = 0;
  let isDraining = false;
  let unsubscribe: (() => void) | null = null;
  let forgetLook: (() => void) | null = null;

  function lineOf(tenantId: string, kinds: readonly string[]): Line {
    const sorted = [...new Set(kinds)].toSorted();
    const key = JSON.stringify([tenantId, sorted]);
    const line = lines.get(key) ?? { tenantId, kinds: sorted, askers: [], isClaiming: false, isRung: false };
    lines.set(key, line);
    return line;
  }

  function hear(heard: readonly Change[]): void {
    const tenants = new Set(heard.map(({ tenantId }) => tenantId));
    for (const line of lines.values()) if (tenants.has(line.tenantId)) ring(line);
  }

  function ring(line: Line): void {
    line.isRung = true;
    if (!line.isClaiming) void claimWhileRung(line);
  }

  async function claimWhileRung(line: Line): Promise<void> {
    line.isClaiming = true;
    try {
      while (line.isRung && line.askers.length > 0) {
        line.isRung = false;
        const limit = Math.min(
          claimMax,
          line.askers.reduce((sum, { max }) => sum + max, 0),
        );
        const runs = await claim(line, limit);
        await handOut(line, runs);
        if (runs.length === limit) line.isRung = true;
        else if (line.askers.length > 0) await pause();
      }
    } catch (thrown) {
      for (const asker of line.askers.splice(0)) asker.reject(thrown);
    } finally {
      line.isClaiming = false;
      tidy();
    }
  }

  function claim({ tenantId, kinds }: Line, limit: number): Promise<ClaimedRun[]> {
    return deps.runs.claimFor({ tenantId, kinds, limit, now: clock.now(), leaseMs: deps.leaseMs });
  }

  /** Those who came first are served first; what nobody is there for any more is given back, uncharged. */
  async function handOut({ askers }: Line, runs: readonly ClaimedRun[]): Promise<void> {
    let at = 0;
    while (at < runs.length) {
      const asker = askers.shift();
      if (asker === undefined) break;
      asker.resolve(runs.slice(at, at + asker.max));
      at += asker.max;
    }
    const left = runs.slice(at).map((run) => ({ ...run, outcome: { kind: "released" } as const }));
    if (left.length > 0) await deps.runs.end(left, clock.now());
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => void clock.after(pauseMs, resolve));
  }

  function tidy(): void {
    for (const [key, line] of lines) if (line.askers.length === 0 && !line.isClaiming) lines.delete(key);
    if (waiting > 0) listen();
    else {
      unsubscribe?.();
      forgetLook?.();
      [unsubscribe, forgetLook] = [null, null];
    }
  }

  function listen(): void {
    unsubscribe ??= changes.subscribe(hear);
    forgetLook ??= clock.after(lookMs, () => {
      forgetLook = null;
      for (const line of lines.values()) ring(line);
      tidy();
    });
  }

  return {
    async lease({ tenantId, kinds, max, waitMs, signal }) {
      const line = lineOf(tenantId, kinds);
      if (waitMs === 0 || isDraining || waiting >= deps.askersMax) {
        const runs = await claim(line, max).finally(tidy);
        return runs;
      }
      const { promise, resolve, reject } = Promise.withResolvers<readonly ClaimedRun[]>();
      const asker: Asker = { max, resolve, reject };
      const leave = (): void => {
        const at = line.askers.indexOf(asker);
        if (at >= 0) line.askers.splice(at, 1);
        resolve([]);
      };
      const forget = clock.after(waitMs, leave);
      signal.addEventListener("abort", leave);
      waiting += 1;
      line.askers.push(asker);
      listen();
      ring(line);
      return promise.finally(() => {
        waiting -= 1;
        forget();
        signal.removeEventListener("abort", leave);
        tidy();
      });
    },
    drain() {
      isDraining = true;
      for (const line of lines.values()) for (const asker of line.askers.splice(0)) asker.resolve([]);
    },
  };
}
