// Makes transitions on one connection: several calls share a transaction, and each hears of it when it is on disk.
import type { Log, Random } from "@ringback/core";
import { createEffects, type Gathered } from "../effects.ts";
import type { CommitStatistics } from "../commit-statistics.ts";
import { createGroupCommit } from "../group-commit.ts";
import type { Sealing } from "../sealing.ts";
import { createEndpointBook } from "./endpoint-book.ts";
import { asUnavailable } from "./faults.ts";
import { createJobCounts } from "./job-counts.ts";
import type { Client } from "./rows.ts";
import { createTenantBook } from "./tenant-book.ts";
import { createTransitions, type CallTransition } from "./transitions.ts";

export interface Writer {
  readonly call: CallTransition;
  readonly statistics: CommitStatistics;
  /** False when something may have been committed of which `committed` has not heard. */
  isWhole(): boolean;
  /** Commits what is waiting, then refuses everything; resolves when nothing is under way. Safe to call twice. */
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly random: Random;
  readonly sealing: Sealing;
  readonly log: Log;
  /** Hears after each commit what it sets off, in the order of the commits. */
  readonly committed: (gathered: Gathered) => void;
}

export function createWriter(client: Client, options: WriterOptions): Writer {
  const { random, sealing, log, committed } = options;
  const effects = createEffects();
  const endpoints = createEndpointBook(client);
  const tenants = createTenantBook(client);
  const counts = createJobCounts(client);
  const transitions = createTransitions({ client, random, sealing, effects, endpoints, tenants, counts });
  const begin = client.prepare("begin immediate");
  const commit = client.prepare("commit");
  const writes = createGroupCommit({
    transaction(body) {
      begin.run();
      try {
        body();
        counts.write();
        commit.run();
      } catch (thrown) {
        // SQLite has rolled back by itself after some faults, a full disk among them.
        if (client.inTransaction) client.exec("rollback");
        throw thrown;
      }
    },
    committed: () => committed(effects.take()),
    rolledBack() {
      effects.take();
      endpoints.forgetAll();
      tenants.forgetAll();
      counts.forgetAll();
    },
    asUnavailable,
    log,
  });
  return {
    call: (name, ...args) => {
      // The compiler cannot see that a name's arguments fit the transition of that name; `CallTransition` says so.
      const transition = transitions[name] as (
        ...given: typeof args
      ) => ReturnType<(typeof transitions)[typeof name]>;
      return writes.run(() => transition(...args));
    },
    statistics: writes.statistics,
    isWhole: () => true,
    close: async () => writes.close(),
  };
}
