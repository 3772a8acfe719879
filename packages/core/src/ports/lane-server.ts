// How the runner, which decides when, hands a lane to the dispatcher, which sends.

/** A lane whose lease this process holds: everything owed to one receiver. */
export interface HeldLane {
  readonly tenantId: string;
  /** An endpoint's id, or an origin such as `https://example.com`. */
  readonly laneId: string;
  /** Fences every write made for the lane. */
  readonly token: number;
}

/** One turn at a lane. */
export interface LaneTurn {
  readonly lane: HeldLane;
  /** Fires when the turn is over: claim no more, finish what is in flight, then resolve. */
  readonly drain: AbortSignal;
  /** Fires when the lease is gone: break off what is in flight; its record would be refused. */
  readonly lost: AbortSignal;
  /** True when the lane has been rung since the last call (or is, while waiting); false when the turn is to end. */
  rung(): Promise<boolean>;
}

export interface LaneServer {
  /** Sends what is due in the lane until nothing is and the turn ends. Resolves with no attempt in flight; never rejects. */
  serve(turn: LaneTurn): Promise<void>;
}
