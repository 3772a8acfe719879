// A delivery as the model of the proof knows it, with its dead letter.

/** Who is called: an inline callback, or one of the two endpoints. */
export type Receiver = "inline" | 0 | 1;

export interface ModelDelivery {
  readonly event: number;
  readonly receiver: Receiver;
  readonly ofJob: number | null;
  status: "pending" | "delivered" | "dead";
  attempts: number;
  dueAt: number;
  isInFlight: boolean;
  isAskedForAgain: boolean;
  failures: number;
  code: string | null;
  wasTaken: boolean;
  letter: {
    readonly reason: string;
    readonly diedAt: number;
    state: "open" | "resolved" | "discarded";
  } | null;
}
