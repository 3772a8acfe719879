// A lane store in memory: hands out deliveries, keeps the records, and fails or answers `lost` when a test says so.
import {
  claimRoom,
  defaultRetryPolicy,
  type AttemptRecord,
  type ClaimedDeliveries,
  type ClaimedDelivery,
  type HeldLane,
  type LanePace,
  type LaneStore,
  type UnbegunAttempt,
} from "@ringback/core";

export const testSecret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export function claimedDelivery(url: string, changes: Partial<ClaimedDelivery> = {}): ClaimedDelivery {
  return {
    tenantId: "default",
    id: "dlv_1",
    eventId: "evt_1",
    eventType: "job.succeeded",
    jobId: null,
    endpointId: null,
    body: '{"type":"job.succeeded"}',
    attempt: 1,
    trigger: "auto",
    startedAt: 0,
    url,
    headers: {},
    secrets: [testSecret],
    signature: "standard",
    policy: defaultRetryPolicy,
    timeoutMs: 15_000,
    traceparent: null,
    ...changes,
  };
}

export class FakeLaneStore implements LaneStore {
  readonly due: ClaimedDelivery[] = [];
  readonly records: AttemptRecord[] = [];
  /** The ids of what was given back, in order; none of it is due again. */
  readonly unclaimed: string[] = [];
  /** The limit of each claim so far. */
  readonly claims: number[] = [];
  /** How many the caller had in flight at each claim so far. */
  readonly inFlight: (number | undefined)[] = [];
  /** Thrown by the next calls, one each. */
  readonly claimFaults: Error[] = [];
  readonly recordFaults: Error[] = [];
  readonly unclaimFaults: Error[] = [];
  isLost = false;
  /** Told with every claim. */
  pace: LanePace | null = null;
  readonly #watchers = new Set<() => void>();

  claim(): Promise<HeldLane[]> {
    throw new Error("the dispatcher claims no lanes");
  }

  extend(): Promise<("extended" | "lost")[]> {
    throw new Error("the dispatcher extends no lanes");
  }

  release(): Promise<void> {
    throw new Error("the dispatcher releases no lanes");
  }

  async claimDeliveries(
    _lane: HeldLane,
    options: { readonly now: number; readonly limit: number; readonly inFlight?: number },
  ): Promise<ClaimedDeliveries> {
    this.claims.push(options.limit);
    this.inFlight.push(options.inFlight);
    this.#tell();
    const fault = this.claimFaults.shift();
    if (fault !== undefined) throw fault;
    if (this.isLost) return { kind: "lost" };
    // From the end, which is quick however long the list is.
    const { pace } = this;
    const { now, limit, inFlight = 0 } = options;
    const room = pace === null ? limit : claimRoom(pace, { now, limit, inFlight });
    return { kind: "claimed", deliveries: room === 0 ? [] : this.due.splice(-room).toReversed(), pace };
  }

  async unclaimDeliveries(
    _lane: HeldLane,
    items: readonly UnbegunAttempt[],
  ): Promise<("unclaimed" | "lost")[]> {
    const fault = this.unclaimFaults.shift();
    this.#tell();
    if (fault !== undefined) throw fault;
    if (this.isLost) return items.map(() => "lost");
    this.unclaimed.push(...items.map(({ deliveryId }) => deliveryId));
    this.#tell();
    return items.map(() => "unclaimed");
  }

  async recordAttempts(items: readonly AttemptRecord[]): Promise<("recorded" | "lost")[]> {
    const fault = this.recordFaults.shift();
    this.#tell();
    if (fault !== undefined) throw fault;
    if (this.isLost) return items.map(() => "lost");
    this.records.push(...items);
    this.#tell();
    return items.map(() => "recorded");
  }

  /** Resolves once the condition holds; it is looked at after every call. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
