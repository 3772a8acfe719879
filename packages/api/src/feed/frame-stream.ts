// Frames of `text/event-stream` as they come, for as long as the client reads.
import type { Waiter } from "./waiters.ts";

/**
 * `nextFrames` gives what is to be sent next; without a byte it is asked again, and null, or a failure, is the end: the client
 * connects again with its Last-Event-ID and is told there. The stream ends the waiter.
 */
export function frameStream(
  waiter: Waiter,
  nextFrames: () => Promise<Uint8Array | null>,
): ReadableStream<Uint8Array> {
  let isWanted = true;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let frames: Uint8Array | null = null;
        try {
          do frames = await nextFrames();
          while (isWanted && frames?.byteLength === 0);
        } catch {
          frames = null;
        }
        if (!isWanted) return;
        if (frames !== null) controller.enqueue(frames);
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
