// How many more runs of each kind may begin in one claim, where kinds have a limit.

export interface KindRooms {
  /** The kinds of which another run may begin. */
  open(): readonly string[];
  /** Takes a place for a run of that kind; false when there is none left. */
  take(kind: string): boolean;
}

/** `rooms` has the kinds that have a limit, with what is left of it. */
export function createKindRooms(kinds: readonly string[], rooms: ReadonlyMap<string, number>): KindRooms {
  const left = new Map(rooms);
  const hasRoom = (kind: string): boolean => (left.get(kind) ?? 1) > 0;
  let open = kinds.filter(hasRoom);
  return {
    open: () => open,
    take(kind) {
      const room = left.get(kind);
      if (room === undefined) return true;
      if (room <= 0) return false;
      left.set(kind, room - 1);
      if (room === 1) open = open.filter(hasRoom);
      return true;
    },
  };
}
