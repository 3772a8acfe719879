// A replay as `text/event-stream`: as it is, then as it is whenever it changes, until it is over.
import { isReplayDone, type ReadStore, type Replay, type ReplayKey } from "@ringback/core";
import { replayFrame } from "../representations/replay-json.ts";
import { frameStream } from "./frame-stream.ts";
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
const heartbeat = encoder.encode(": still here\n\n");

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

  return frameStream(waiter, async () => {
    if (replay === null) return null;
    if (replay.version > shown) {
      shown = replay.version;
      return encoder.encode(replayFrame(replay, keptMs));
    }
    if (isReplayDone(replay.status)) return null;
    const waking = await waiter.next(heartbeatMs, shown);
    if (waking === "draining" || waking === "aborted") return null;
    replay = await reads.getReplay(key.tenantId, key.replayId);
    return waking === "timed_out" && replay?.version === shown ? heartbeat : new Uint8Array();
  });
}
