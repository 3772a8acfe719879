// One read for all who ask the same thing in one turn of the event loop: a change that wakes a thousand costs one read.
//
// Whoever asks has been woken by a commit that was made before this turn, and the read begins within it, so nobody is given
// less than what woke him. A read that was begun in an earlier turn is never shared.

export interface SharedReads<Key, Value> {
  read(key: Key): Promise<Value>;
}

export function createSharedReads<Key, Value>(
  read: (key: Key) => Promise<Value>,
  nameOf: (key: Key) => string,
): SharedReads<Key, Value> {
  let turn: Map<string, Promise<Value>> | null = null;

  function thisTurn(): Map<string, Promise<Value>> {
    if (turn === null) {
      turn = new Map();
      // Behind the continuations of those who were woken together with the first.
      queueMicrotask(() => queueMicrotask(() => (turn = null)));
    }
    return turn;
  }

  return {
    read(key) {
      const reads = thisTurn();
      const name = nameOf(key);
      const begun = reads.get(name) ?? read(key);
      reads.set(name, begun);
      return begun;
    },
  };
}
