// Tells those who wait in this process what has been committed.
import type { Change, Changes, Log } from "@ringback/core";

export interface ChangeFeed extends Pick<Changes, "subscribe"> {
  publish(changes: readonly Change[]): void;
}

export function createChangeFeed(log: Log): ChangeFeed {
  const listeners = new Set<(changes: readonly Change[]) => void>();
  return {
    subscribe(listener) {
      // A fresh function, so that one who subscribes twice is told twice and may leave once.
      const own = (changes: readonly Change[]): void => listener(changes);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    publish(changes) {
      if (changes.length === 0) return;
      for (const listener of [...listeners]) {
        try {
          listener(changes);
        } catch (thrown) {
          log.error("store.change_listener_failed", { error: String(thrown) });
        }
      }
    },
  };
}
