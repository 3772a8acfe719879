// Seals with the present master key again what was sealed with a former one.
import { sealedTables, type Instant, type Resealed, type SealPosition, type SealStore } from "@ringback/core";
import {
  firstPosition,
  positionAfter,
  resealedValues,
  selectValues,
  statementsOf,
  type SealedRow,
} from "../../reseal.ts";
import type { Ground } from "../ground.ts";

export interface SealTransitions {
  takeOver(now: Instant): void;
  reseal(options: Parameters<SealStore["reseal"]>[0]): Resealed;
}

export function createSealTransitions({ client, sealing }: Ground): SealTransitions {
  const prepared = new Map(
    sealedTables.map((table) => [
      table,
      {
        select: client.prepare<unknown[], SealedRow>(statementsOf[table].select),
        update: client.prepare(statementsOf[table].update),
      },
    ]),
  );
  const setPresent = client.prepare<[string, Instant]>(
    `insert into present_key (what, kid, since) values ('present', ?, ?)
     on conflict (what) do update set kid = excluded.kid, since = excluded.since`,
  );
  const selectPresent = client
    .prepare<[], string>("select kid from present_key where what = 'present'")
    .pluck();

  function resealFrom(at: SealPosition, limit: number): Resealed {
    const statements = prepared.get(at.table);
    const rows = statements?.select.all(...selectValues(at, limit)) ?? [];
    let resealed = 0;
    let broken = 0;
    for (const row of rows) {
      const values = resealedValues(at.table, row, sealing);
      if (values === null) broken += 1;
      else resealed += statements?.update.run(...values).changes ?? 0;
    }
    return { kind: "resealed", rows: resealed, broken, next: positionAfter(at, { rows, limit, sealing }) };
  }

  return {
    takeOver: (now) => void setPresent.run(sealing.present, now),
    reseal({ after, limit }) {
      if (selectPresent.get() !== sealing.present) return { kind: "not_ours" };
      const at = after ?? firstPosition(sealing);
      return at === null ? { kind: "resealed", rows: 0, broken: 0, next: null } : resealFrom(at, limit);
    },
  };
}
