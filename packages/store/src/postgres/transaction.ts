// One transaction on PostgreSQL: begun, retried when others contested it, and never left in doubt when its answer is lost.
//
// Statements are pipelined: what does not need the answer before it is sent without waiting for it. A statement that fails
// makes every later one fail too, and the commit a rollback, so only the first fault is told.
import type { Pool, PoolClient, QueryResult } from "pg";
import { StoreUnavailable, type Clock, type Log, type Random } from "@ringback/core";
import { isFailedCheck } from "./checks.ts";
import { isContested, isCut, isSilence } from "./faults.ts";
import type { RawRow } from "./rows.ts";

export interface Transaction {
  /** Asks, and waits for the rows. */
  ask<Row extends object = RawRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Sends a statement whose rows nobody needs; its fault is told by the next `ask`, or by the commit. */
  send(text: string, values?: readonly unknown[]): void;
  /**
   * Lets its fate be asked for when the answer to its commit is lost: by a witness, which finds a row if this very transaction was
   * committed, by an id that was made for it; without one by the transaction's own id, which has to be waited for.
   */
  mark(witness?: Witness): void;
}

export interface Witness {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface Transactions {
  /**
   * Runs `work` in one transaction and resolves with what it returned when that is on disk. `work` may run more than
   * once, each time from the beginning. Rejects with what it threw, or with the database's fault.
   */
  run<Result>(pool: Pool, work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

const triesMax = 4;
const backoffMs = 20;
/** How long the fate of a commit whose answer was lost is asked for, all in all: whoever waits for it is told within two seconds. */
const doubtMs = 1_500;
const doubtAskEveryMs = 50;

export function createTransactions(parts: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Transactions {
  const { clock, random, log } = parts;
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(Math.max(1, Math.round(ms)), resolve));

  /**
   * What became of a transaction whose connection was cut during its commit. A witness tells as soon as the process that
   * served the connection is gone, and with it whatever it had not committed. PostgreSQL itself remembers a transaction's id, but
   * after a crash it may give the same id to another one; so a server that was started anew knows nothing.
   */
  async function fateOf(pool: Pool, trace: Trace): Promise<Fate> {
    const until = clock.monotonicMs() + doubtMs;
    while (clock.monotonicMs() < until) {
      try {
        const fate = "witness" in trace ? await fateByWitness(pool, trace) : await fateById(pool, trace);
        if (fate !== null) return fate;
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
    let trace: Trace | null;
    try {
      line.send("begin");
      result = await work(line);
      trace = await line.trace();
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
      const fate = trace === null ? "unknown" : await fateOf(pool, trace);
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
          const foreseenWrong = isFailedCheck(thrown);
          const again = foreseenWrong || isContested(thrown) || (cut && tries === 1);
          if (!again || tries === triesMax) throw thrown;
          // Others are not in the way of what had only been foreseen: the next try looks.
          if (foreseenWrong && tries === 1) continue;
          await pause(backoffMs * tries * (0.5 + random.unit()));
        }
      }
    },
  };
}

type Fate = "committed" | "aborted" | "unknown";

/** By which a transaction can be found again. */
type Trace =
  | { readonly witness: Witness; readonly processId: number }
  | { readonly id: string; readonly serverStart: string };

/** Null while the process that serves the connection may still commit. It has to be asked for before its witness is. */
async function fateByWitness(
  pool: Pool,
  { witness, processId }: Extract<Trace, { readonly witness: Witness }>,
): Promise<Fate | null> {
  const serving = await pool.query("select 1 from pg_stat_activity where pid = $1", [processId]);
  const found = await pool.query(witness.text, [...witness.values]);
  if (found.rows.length > 0) return "committed";
  return serving.rows.length === 0 ? "aborted" : null;
}

async function fateById(
  pool: Pool,
  { id, serverStart }: Extract<Trace, { readonly id: string }>,
): Promise<Fate | null> {
  const { rows } = await pool.query<{ fate: string | null; serverStart: string }>(
    `select pg_xact_status($1::xid8) as fate, pg_postmaster_start_time()::text as "serverStart"`,
    [id],
  );
  const [told] = rows;
  if (told?.fate === "aborted") return "aborted";
  if (told?.fate !== "committed") return null;
  return told.serverStart === serverStart ? "committed" : "unknown";
}

interface Line extends Transaction {
  /** Null unless it was marked. */
  trace(): Promise<Trace | null>;
  commit(): Promise<void>;
  /** The first statement's fault, which the later ones only repeat. */
  fault(): unknown;
}

function createLine(client: PoolClient): Line {
  const sent: Promise<unknown>[] = [];
  let first: unknown = null;
  let marked: Promise<QueryResult<RawRow>> | null = null;
  let witness: Witness | null = null;
  let isGathering = false;

  /** What is sent in one turn of the event loop is one write to the socket, whose system call costs more than a statement. */
  function gather(): void {
    if (isGathering) return;
    isGathering = true;
    const { stream } = client.connection;
    stream.cork();
    process.nextTick(() => {
      isGathering = false;
      stream.uncork();
    });
  }

  function query(text: string, values: readonly unknown[]): Promise<QueryResult<RawRow>> {
    gather();
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
    mark(given) {
      witness = given ?? witness;
      if (witness === null) marked ??= query(selectMark, []);
    },
    async trace() {
      // Not even asked for its id, since the commit would wait for the answer.
      const { processID } = client as PoolClient & { readonly processID?: number | null };
      if (witness !== null && typeof processID === "number") return { witness, processId: processID };
      const row = (await marked)?.rows[0];
      return row === undefined ? null : { id: String(row["id"]), serverStart: String(row["serverStart"]) };
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

const selectMark = `select pg_current_xact_id()::text as id, pg_postmaster_start_time()::text as "serverStart"`;

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
