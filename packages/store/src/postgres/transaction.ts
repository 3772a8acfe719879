// One transaction on PostgreSQL: begun, retried when others contested it, and never left in doubt when its answer is lost.
//
// Statements are pipelined: what does not need the answer before it is sent without waiting for it. A statement that fails
// makes every later one fail too, and the commit a rollback, so only the first fault is told.
import type { Pool, PoolClient, QueryResult } from "pg";
import { StoreUnavailable, type Clock, type Log, type Random } from "@ringback/core";
import { isContested, isCut, isSilence } from "./faults.ts";
import type { RawRow } from "./rows.ts";

export interface Transaction {
  /** Asks, and waits for the rows. */
  ask<Row extends object = RawRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Sends a statement whose rows nobody needs; its fault is told by the next `ask`, or by the commit. */
  send(text: string, values?: readonly unknown[]): void;
  /** Asks once for the transaction's id, so that its fate can be asked for when the answer to its commit is lost. */
  mark(): void;
}

export interface Transactions {
  /**
   * Runs `work` in one transaction and resolves with what it returned when that is on disk. `work` may run more than
   * once, each time from the beginning. Rejects with what it threw, or with the database's fault.
   */
  run<Result>(pool: Pool, work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

/** Thrown inside `work` when another process was first: the transaction is made again and sees what that one did. */
export class Overtaken extends Error {}

const triesMax = 4;
const backoffMs = 20;
/** How long the fate of a commit whose answer was lost is asked for, all in all. */
const doubtMs = 2_000;
const doubtAskEveryMs = 50;

export function createTransactions(parts: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Transactions {
  const { clock, random, log } = parts;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(Math.max(1, Math.round(ms)), resolve));

  /** What became of the transaction with this id: PostgreSQL remembers it, whoever asks. */
  async function fateOf(pool: Pool, id: string): Promise<"committed" | "aborted" | "unknown"> {
    const until = clock.monotonicMs() + doubtMs;
    while (clock.monotonicMs() < until) {
      try {
        const { rows } = await pool.query<{ fate: string | null }>(
          "select pg_xact_status($1::xid8) as fate",
          [id],
        );
        const fate = rows[0]?.fate;
        if (fate === "committed" || fate === "aborted") return fate;
      } catch (thrown) {
        if (!isCut(thrown)) return "unknown";
      }
      await pause(doubtAskEveryMs);
    }
    return "unknown";
  }

  async function attempt<Result>(
    pool: Pool,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result> {
    const client = await pool.connect();
    const line = createLine(client);
    let result: Result;
    let id: string | null;
    try {
      line.send("begin");
      result = await work(line);
      id = await line.id();
    } catch (thrown) {
      const fault = line.fault() ?? thrown;
      await giveBack(client, fault);
      throw fault;
    }
    try {
      await line.commit();
      client.release();
      return result;
    } catch (thrown) {
      if (!isCut(thrown)) {
        await giveBack(client, thrown);
        throw thrown;
      }
      client.release(true);
      const fate = id === null ? "unknown" : await fateOf(pool, id);
      log.warn("store.commit_in_doubt", { fate });
      if (fate === "committed") return result;
      if (fate === "aborted") throw thrown;
      const text = "The connection was cut during a commit; whether it was written is not known yet.";
      throw new StoreUnavailable("unreachable", text, { cause: thrown });
    }
  }

  return {
    async run(pool, work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt(pool, work);
        } catch (thrown) {
          // A connection that was cut before the commit, often while it lay idle, is worth one fresh one.
          const cut = isCut(thrown) && !isSilence(thrown);
          const again = isContested(thrown) || thrown instanceof Overtaken || (cut && tries === 1);
          if (!again || tries === triesMax) throw thrown;
          await pause(backoffMs * tries * (0.5 + random.unit()));
        }
      }
    },
  };
}

interface Line extends Transaction {
  /** Null unless it was marked. */
  id(): Promise<string | null>;
  commit(): Promise<void>;
  /** The first statement's fault, which the later ones only repeat. */
  fault(): unknown;
}

function createLine(client: PoolClient): Line {
  const sent: Promise<unknown>[] = [];
  let first: unknown = null;
  let marked: Promise<QueryResult<RawRow>> | null = null;

  function query(text: string, values: readonly unknown[]): Promise<QueryResult<RawRow>> {
    const asked = client.query<RawRow>({ name: nameOf(text), text, values: [...values] });
    const told = asked.catch((thrown: unknown) => {
      first ??= thrown;
    });
    sent.push(told);
    return asked;
  }

  return {
    async ask<Row extends object>(text: string, values: readonly unknown[] = []) {
      const { rows } = await query(text, values);
      return rows as Row[];
    },
    send(text, values = []) {
      query(text, values).catch(() => {
        // `fault` tells of it.
      });
    },
    mark() {
      marked ??= query("select pg_current_xact_id()::text as id", []);
    },
    async id() {
      const id = (await marked)?.rows[0]?.["id"];
      return typeof id === "string" ? id : null;
    },
    async commit() {
      const [committed] = await Promise.allSettled([query("commit", []), ...sent]);
      if (first !== null) throw asError(first);
      if (committed.status === "rejected") throw asError(committed.reason);
      if (committed.value.command !== "COMMIT") throw new Error("The transaction was rolled back.");
    },
    fault: () => first,
  };
}

/** A connection that still answers goes back to its pool; one that does not is closed. */
async function giveBack(client: PoolClient, fault: unknown): Promise<void> {
  if (isCut(fault)) {
    client.release(true);
    return;
  }
  try {
    await client.query("rollback");
    client.release();
  } catch {
    client.release(true);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

const names = new Map<string, string>();

/** Each statement is prepared once per connection, under a name. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `rb${names.size}`;
  names.set(text, name);
  return name;
}
