// Tells those who wait for it when nothing is going on; tests and a drain wait on it instead of on time.

export interface Idle {
  isIdle(): boolean;
  /** Resolves when nothing is going on; at once when nothing is. */
  whenIdle(): Promise<void>;
  /** Called after every change that may have ended the last thing going on. */
  look(): void;
}

export function createIdle(isIdle: () => boolean): Idle {
  let waiting: (() => void)[] = [];
  function look(): void {
    if (waiting.length === 0 || !isIdle()) return;
    const released = waiting;
    waiting = [];
    for (const release of released) release();
  }
  return {
    whenIdle: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        look();
      }),
    isIdle,
    look,
  };
}
