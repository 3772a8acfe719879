// How free slots are shared out between tenants that all have work: evenly, and what one cannot use goes to the others.

/**
 * The slots of each, in the order given. `most` is what each may take. When there are fewer slots than tenants the first ones
 * get one each, so whoever calls lets the tenants take turns at being first.
 */
export function shareOut(slots: number, most: readonly number[]): number[] {
  const shares = most.map(() => 0);
  let left = slots;
  for (;;) {
    const open = most.flatMap((atMost, at) => ((shares[at] ?? 0) < atMost ? [at] : []));
    if (left <= 0 || open.length === 0) return shares;
    const each = Math.max(1, Math.floor(left / open.length));
    for (const at of open) {
      const share = shares[at] ?? 0;
      const more = Math.min(each, left, (most[at] ?? 0) - share);
      shares[at] = share + more;
      left -= more;
    }
  }
}
