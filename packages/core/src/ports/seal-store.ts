// The part of the store port that changes the master key while everything goes on: what is sealed with a former key is sealed
// with the present one again, and while something is sealed with a key that is not here, nothing new is sealed.
import type { Instant } from "./time.ts";

/** Keys are spoken of by their ids, 8 hexadecimal digits, which tell nothing about them. */
export interface SealStore {
  /**
   * Looks which keys something stored is sealed with; a few seeks. As long as the last look found one that is `missing`, verbs
   * that would seal something reject with StoreUnavailable (`other_key`). The store has looked once when it opens.
   */
  look(): Promise<SealLook>;
  /** How many rows need each former key and each missing one; counted up to `sealedRowsCountedMax` per table. */
  countRows(): Promise<readonly { readonly kid: string; readonly rows: number }[]>;
  /** Makes this process's present key the one that everything is to be sealed with, over all processes. */
  takeOver(now: Instant): Promise<void>;
  /**
   * Seals up to `limit` rows of one table and one former key with the present key again, going on behind `after`; a row that
   * somebody else is changing is passed over. What does not open with its own key stays as it is.
   */
  reseal(options: { readonly after: SealPosition | null; readonly limit: number }): Promise<Resealed>;
}

export interface SealLook {
  /** What is new is sealed with it here. */
  readonly present: string;
  /** The other keys that are here; what is still sealed with one needs it. */
  readonly former: readonly { readonly kid: string; readonly isNeeded: boolean }[];
  /** Something is sealed with them, and they are not here. */
  readonly missing: readonly string[];
}

export type Resealed =
  | {
      readonly kind: "resealed";
      readonly rows: number;
      /** Rows that do not open: altered, or moved from another place. */
      readonly broken: number;
      /** Null when all tables have been gone through. */
      readonly next: SealPosition | null;
    }
  /** A process that started later seals with another key. */
  | { readonly kind: "not_ours" };

export const sealedTables = ["signing_secret", "endpoint", "job"] as const;

/** Where going through the sealed rows has got to. */
export interface SealPosition {
  readonly table: (typeof sealedTables)[number];
  readonly kid: string;
  readonly tenantId: string;
  readonly id: string;
  /** Of a signing secret; 0 in the other tables. */
  readonly n: number;
}

export const sealedRowsCountedMax = 10_000;
