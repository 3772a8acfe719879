// Waits for a state that the API shows but does not announce. Jobs have their long poll; this is for the rest.

const pauseMs = 20;

export interface Wait<Value> {
  readonly holds: (observed: Value) => boolean;
  readonly timeoutMs: number;
  /** What is waited for, for the sentence of the failure. */
  readonly what: string;
}

/** Observes again and again until `holds`; returns that observation. Throws with the last one when time is over. */
export async function waitUntil<Value>(observe: () => Promise<Value>, wait: Wait<Value>): Promise<Value> {
  const giveUpAt = Date.now() + wait.timeoutMs;
  const again = async (): Promise<Value> => {
    const observed = await observe();
    if (wait.holds(observed)) return observed;
    if (Date.now() >= giveUpAt) {
      const last = (JSON.stringify(observed) ?? "nothing").slice(0, 2_000);
      throw new Error(`after ${wait.timeoutMs} ms still no ${wait.what}; last seen: ${last}`);
    }
    await pause();
    return again();
  };
  return again();
}

function pause(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, pauseMs);
  return promise;
}
