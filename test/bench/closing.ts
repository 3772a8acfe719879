// Whatever is opened is closed when it is over, the last first, whether it went well or not.

export interface Closing {
  /** To be called when it is over; at once when it is over already. */
  add(close: () => Promise<void> | void): void;
  /** Closes everything, also when one of them fails; rejects with the first failure. Safe to call twice. */
  close(): Promise<void>;
}

export function createClosing(): Closing {
  const open: (() => Promise<void> | void)[] = [];
  let closing: Promise<void> | null = null;

  async function closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      try {
        await next();
      } catch (thrown) {
        failures.push(thrown);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  return {
    add(close) {
      open.push(close);
      // Somebody who was still opening when it was over, as after a time limit.
      if (closing !== null) void closing.then(closeAll, closeAll).catch(() => undefined);
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}
