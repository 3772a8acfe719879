// Does what was brought in one turn of the event loop at its end, one after the other.
//
// For answers to polls: each write to a socket wakes a client that sleeps, which costs the writer more than the answer does. While
// the first client is waking up, the others' answers are written.

/** What it is given must not throw. */
export function createEndOfTurn(): (work: () => void) => void {
  let brought: (() => void)[] = [];
  const doAll = (): void => {
    const all = brought;
    brought = [];
    for (const work of all) work();
  };
  return (work) => {
    if (brought.push(work) === 1) setImmediate(doAll);
  };
}
