// How far this process's clock is from the database's, so that every process can go by the one clock they share.
import type { Pool } from "pg";
import type { Clock } from "@ringback/core";

const measurements = 5;

/** Milliseconds to add to `clock` to have the database's; the quickest of a few answers tells it best. */
export async function measureClockOffset(pool: Pool, clock: Clock): Promise<number> {
  let best = { tookMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
  for (let at = 0; at < measurements; at += 1) {
    const asked = clock.now();
    const begun = clock.monotonicMs();
    const { rows } = await pool.query<{ ms: string }>(
      "select extract(epoch from clock_timestamp()) * 1000 as ms",
    );
    const tookMs = clock.monotonicMs() - begun;
    const offsetMs = Number(rows[0]?.ms) - (asked + tookMs / 2);
    if (tookMs < best.tookMs) best = { tookMs, offsetMs };
  }
  return Math.round(best.offsetMs);
}
