// Reproducible chance for storms: a small generator whose seed is printed, so that a failed run can be repeated.
import { randomInt } from "node:crypto";

export interface Seeded {
  readonly seed: number;
  /** A number in [0, 1). */
  unit(): number;
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number;
  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item;
}

/** Takes the seed from `given`, else from the environment's SEED, else draws one; prints it with `name`. */
export function seeded(name: string, given?: number): Seeded {
  const seed = given ?? seedFromEnvironment() ?? randomInt(2 ** 31);
  process.stdout.write(`${name}: SEED=${seed}\n`);
  return generator(seed);
}

function seedFromEnvironment(): number | null {
  const text = process.env["SEED"];
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : null;
}

/** mulberry32, by Tommy Ettinger: 32 bits of state, plenty for choosing what to break next. */
function generator(seed: number): Seeded {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (min: number, max: number): number => min + Math.floor(unit() * (max - min + 1));
  return {
    seed,
    unit,
    whole,
    pick(items) {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new Error("pick needs a list that is not empty");
      return item;
    },
  };
}
