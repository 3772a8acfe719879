// A replay as `text/event-stream`: as it is, then as it is whenever it changes, until it is over.
import { isReplayDone, type ReadStore, type Replay, type ReplayKey } from "@ringback/core";
import { replayFrame } from "../representations/replay-json.ts";
import type { Waiter } from "./waiters.ts";

export interface ReplayStreamDeps {
  readonly reads: Pick<ReadStore, "getReplay">;
  /** Joined before the replay was read; the stream ends it. */
  readonly waiter: Waiter;
  readonly heartbeatMs: number;
  /** How long a replay is kept once it has finished, in milliseconds. */
  readonly keptMs: number;
}

const encoder = new TextEncoder();
const heartbeat = ": still here\n\n";

/**
 * `seen` is the version that the client has been shown; null when it is the last one there will be. The replay is read again,
 * since it may have changed before anybody waited. Rejects, and ends the waiter, when that fails.
 */
export async function createReplayStream(
  { tenantId, id }: Replay,
  seen: number,
  deps: ReplayStreamDeps,
): Promise<ReadableStream<Uint8Array> | null> {
  try {
    const first = await deps.reads.getReplay(tenantId, id);
    if (first !== null && (!isReplayDone(first.status) || seen < first.version))
      return streamOf(first, seen, deps);
    deps.waiter.end();
    return null;
  } catch (thrown) {
    deps.waiter.end();
    throw thrown;
  }
}

function streamOf(first: Replay, seen: number, deps: ReplayStreamDeps): ReadableStream<Uint8Array> {
  const { reads, waiter, heartbeatMs, keptMs } = deps;
  const key: ReplayKey = { tenantId: first.tenantId, replayId: first.id };
  let replay: Replay | null = first;
  let shown = seen;
  let isWanted = true;

  /** Null when there is nothing more to tell. */
  async function nextFrame(): Promise<string | null> {
    for (; isWanted && replay !== null;) {
      if (replay.version > shown) {
        shown = replay.version;
        return replayFrame(replay, keptMs);
      }
      if (isReplayDone(replay.status)) return null;
      const waking = await waiter.next(heartbeatMs, shown);
      if (waking === "draining" || waking === "aborted") return null;
      replay = await reads.getReplay(key.tenantId, key.replayId);
      if (waking === "timed_out" && replay?.version === shown) return heartbeat;
    }
    return null;
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // The client connects again with its Last-Event-ID; a read that failed is told there.
        const frame = await nextFrame().catch(() => null);
        if (!isWanted) return;
        if (frame !== null) controller.enqueue(encoder.encode(frame));
        else {
          waiter.end();
          controller.close();
        }
      },
      cancel() {
        isWanted = false;
        waiter.end();
      },
    },
    { highWaterMark: 1 },
  );
}
