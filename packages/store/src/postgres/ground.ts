// What every transition stands on. One per transaction.
import type { Random } from "@ringback/core";
import type { Effects } from "../effects.ts";
import type { Sealing } from "../sealing.ts";
import type { ClaimMemory } from "./claim-memory.ts";
import type { Draft } from "./draft.ts";
import type { Foresight } from "./foresight.ts";
import type { Backlog } from "./job-counts.ts";
import type { Transaction } from "./transaction.ts";

export interface Ground {
  /** To read with, and for the few writes that are one statement by themselves. */
  readonly transaction: Transaction;
  /** Where everything else that is to be written is put. */
  readonly draft: Draft;
  readonly effects: Effects;
  readonly random: Random;
  readonly sealing: Sealing;
  /** Whose turn it is and whose runs have limits, remembered from claim to claim. */
  readonly turns: ClaimMemory;
  /** What is known of everybody's unfinished jobs, remembered from transaction to transaction. */
  readonly backlog: Backlog;
  /** What is foreseen of the tenants that are accepted for. */
  readonly foresight: Foresight;
  /** Does this once the transaction is committed, and not at all if it is not. */
  readonly afterCommit: (act: () => void) => void;
}
