// The port's verbs about master keys, in terms of what a dialect reads and writes.
import type { SealLook, SealStore } from "@ringback/core";
import type { SealGuard } from "./seal-guard.ts";
import type { Sealing } from "./sealing.ts";

export interface SealParts extends Pick<SealStore, "takeOver" | "reseal"> {
  readonly sealing: Pick<Sealing, "present" | "former">;
  readonly guard: Pick<SealGuard, "note">;
  readonly reads: {
    kidsInUse(): Promise<readonly string[]>;
    countSealedWith(kid: string): Promise<number>;
  };
}

export function createSeals({ sealing, guard, reads, takeOver, reseal }: SealParts): SealStore {
  const { present, former } = sealing;

  async function look(): Promise<SealLook> {
    const inUse = await reads.kidsInUse();
    const found = {
      present,
      former: former.map((kid) => ({ kid, isNeeded: inUse.includes(kid) })),
      missing: inUse.filter((kid) => kid !== present && !former.includes(kid)),
    };
    guard.note(found);
    return found;
  }

  return {
    look,
    async countRows() {
      const { missing } = await look();
      return Promise.all(
        [...former, ...missing].map(async (kid) => ({ kid, rows: await reads.countSealedWith(kid) })),
      );
    },
    takeOver,
    reseal,
  };
}
