// How a replay is spelled, in answers and in its event stream.
import { formatInstant, isReplayDone, type Replay, type ReplayPreview, type Selection } from "@ringback/core";

/** `keptMs`: how long a replay is kept once it has finished. */
export function replayJson(replay: Replay, keptMs: number): string {
  const { id, status, filter, ratePerSecond, order, stopAfterFailureRatio, reason, counts } = replay;
  const { createdAt, finishedAt, version } = replay;
  const self = `/v1/replays/${id}`;
  return JSON.stringify({
    id,
    status,
    done: isReplayDone(status),
    filter: filterMembers(filter),
    ratePerSecond,
    order,
    ...(stopAfterFailureRatio !== null && { stopAfterFailureRatio }),
    reason,
    counts,
    createdAt: formatInstant(createdAt),
    ...(finishedAt !== null && {
      finishedAt: formatInstant(finishedAt),
      expiresAt: formatInstant(finishedAt + keptMs),
    }),
    version,
    links: {
      self,
      events: `${self}/events`,
      pause: `${self}/pause`,
      resume: `${self}/resume`,
      cancel: `${self}/cancel`,
    },
  });
}

/** As it was asked for. */
function filterMembers({ from, until, ...asked }: Selection): object {
  return {
    ...asked,
    ...(from !== undefined && { after: formatInstant(from) }),
    ...(until !== undefined && { before: formatInstant(until) }),
  };
}

export function previewJson({
  count,
  hosts,
  hostCount,
  oldestDiedAt,
  deliveredSince,
}: ReplayPreview): string {
  return JSON.stringify({
    dryRun: true,
    count,
    hosts,
    hostCount,
    oldestDiedAt: oldestDiedAt === null ? null : formatInstant(oldestDiedAt),
    deliveredSince,
  });
}

/** One frame of `text/event-stream`: the replay as it is. The id is its version, so that who connects again misses nothing. */
export function replayFrame(replay: Replay, keptMs: number): string {
  const type = isReplayDone(replay.status) ? `replay.${replay.status}` : "replay.progress";
  return `id: ${replay.version}\nevent: ${type}\ndata: ${replayJson(replay, keptMs)}\n\n`;
}
