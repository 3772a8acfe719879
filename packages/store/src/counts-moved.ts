// What a job counts of the deliveries to its own callback: the same for every dialect.
import type { DeliveryStatus } from "@ringback/core";

/** What a change of a delivery's status adds to its job's counts. */
export interface CountsMoved {
  readonly pending: number;
  readonly delivered: number;
  readonly dead: number;
  readonly canceled: number;
}

export function countsMoved(from: DeliveryStatus, to: DeliveryStatus): CountsMoved {
  const moved = (status: DeliveryStatus): number => Number(to === status) - Number(from === status);
  return {
    pending: moved("pending"),
    delivered: moved("delivered"),
    dead: moved("dead"),
    canceled: moved("canceled"),
  };
}
