// How busy each process was while something was measured: what limits a figure is what was busy all the time.
import { cpus } from "node:os";
import type { Child } from "./children/child.ts";

/** Each process's share of one core while it was measured, and the whole machine's share of all its cores. */
export type Busy = Readonly<Record<string, number>>;

export interface BusyWatch {
  /** Watches these processes, the benchmark's own (as `load`) and the machine while `work` goes on; adds to what was seen before. */
  during<Value>(processes: Readonly<Record<string, Child>>, work: () => Promise<Value>): Promise<Value>;
  shares(): Busy;
}

export function createBusyWatch(): BusyWatch {
  const cpuMs = new Map<string, number>();
  const wallMs = new Map<string, number>();
  const add = (name: string, cpu: number, wall: number): void => {
    cpuMs.set(name, (cpuMs.get(name) ?? 0) + cpu);
    wallMs.set(name, (wallMs.get(name) ?? 0) + wall);
  };
  return {
    async during(processes, work) {
      const before = await look(processes);
      const value = await work();
      const after = await look(processes);
      const wall = after.atMs - before.atMs;
      for (const [name, cpu] of Object.entries(after.cpuMs)) add(name, cpu - (before.cpuMs[name] ?? 0), wall);
      return value;
    },
    shares: () =>
      Object.fromEntries([...cpuMs].map(([name, cpu]) => [name, cpu / Math.max(1, wallMs.get(name) ?? 0)])),
  };
}

interface Look {
  readonly atMs: number;
  readonly cpuMs: Readonly<Record<string, number>>;
}

async function look(processes: Readonly<Record<string, Child>>): Promise<Look> {
  const seen: Record<string, number> = {};
  for (const [name, child] of Object.entries(processes)) seen[name] = (await child.usage()).cpuMs;
  const { user, system } = process.cpuUsage();
  seen["load"] = (user + system) / 1_000;
  seen["machine"] = machineMs();
  return { atMs: performance.now(), cpuMs: seen };
}

/** Of all cores together, divided by their number: 1 is a machine with nothing left to give. */
function machineMs(): number {
  const cores = cpus();
  const busy = cores.map(({ times }) => times.user + times.nice + times.sys + times.irq);
  return busy.reduce((sum, each) => sum + each, 0) / cores.length;
}
