// Reads that are worth a fresh connection: one that is cut, most often while it lay idle, has nothing to do with what was asked.
import type { Pool } from "pg";
import { isCut, isSilence } from "./faults.ts";

/** The same pool, whose `query` is asked once more when its connection was cut; for statements that only read. */
export function readingOn(pool: Pool): Pool {
  const asking = pool as unknown as { query(...asked: readonly unknown[]): Promise<unknown> };
  const query = async (...asked: readonly unknown[]): Promise<unknown> => {
    const ask = (): Promise<unknown> => asking.query(...asked);
    try {
      return await ask();
    } catch (thrown) {
      if (!isCut(thrown) || isSilence(thrown)) throw thrown;
      return ask();
    }
  };
  return new Proxy(pool, {
    get: (target, property, receiver) =>
      property === "query" ? query : (Reflect.get(target, property, receiver) as unknown),
  });
}
