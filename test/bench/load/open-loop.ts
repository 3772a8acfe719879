// An open loop: sends by a fixed schedule, whether or not earlier answers have come. What is late is late from the instant it
// was meant to be sent, so a server that stalls cannot make its latency look better by holding back the load.

export interface OpenLoop {
  readonly perSecond: number;
  readonly forMs: number;
  /** Called for the `n`th time, from 0, at the scheduled instant or as soon after it as can be; by performance.now(). */
  readonly send: (n: number, intendedMs: number) => Promise<void>;
}

/** Resolves when everything has been sent and each `send` has resolved; rejects as soon as one did. */
export async function openLoop({ perSecond, forMs, send }: OpenLoop): Promise<void> {
  const stepMs = 1_000 / perSecond;
  const count = Math.floor(forMs / stepMs);
  const startedMs = performance.now();
  const sent: Promise<void>[] = [];
  const failed = Promise.withResolvers<never>();
  while (sent.length < count) {
    const elapsedMs = performance.now() - startedMs;
    while (sent.length < count && sent.length * stepMs <= elapsedMs) {
      const sending = send(sent.length, startedMs + sent.length * stepMs);
      sending.catch(failed.reject);
      sent.push(sending);
    }
    const restMs = sent.length * stepMs - (performance.now() - startedMs);
    const pause = new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.floor(restMs))));
    await Promise.race([pause, failed.promise]);
  }
  await Promise.all(sent);
}
