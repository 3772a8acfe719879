// How many rows one transaction of the retention takes on: as many as the store deletes in a short while, judged by how long the
// one before took. So none holds its locks for long, whatever the rows, the disk and the load are like.

/** What a transaction should take, in milliseconds: a fifth of the 50 that one may, since on a busy machine some take four times as long. */
const goalMs = 10;
const rowsFirst = 50;
/** With fewer it is not the rows that take the time, and what is over has to go all the same. */
const rowsMin = 20;
const rowsMax = 200;

export interface BatchSize {
  /** Rows of the next transaction. */
  readonly rows: number;
  /** To be told of each one how long it took, waiting for the store's turn included. */
  took(ms: number): void;
}

export function createBatchSize(): BatchSize {
  let rows = rowsFirst;
  return {
    get rows() {
      return rows;
    },
    took(ms) {
      rows = nextRows(rows, ms);
    },
  };
}

/** Too long: as many as would have fitted, and at most half. Well below: twice as many. Between them they stay. */
function nextRows(rows: number, ms: number): number {
  if (ms > goalMs) return Math.max(rowsMin, Math.floor(rows * Math.min(0.5, goalMs / ms)));
  return ms < goalMs / 2 ? Math.min(rowsMax, rows * 2) : rows;
}
