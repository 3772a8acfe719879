// What a figure stands on while it is measured: its mode, its size, houses of its own, children, and a watch on who is busy.
import { createBusyWatch, type BusyWatch } from "./busy.ts";
import { startChild, type Child, type ChildOptions } from "./children/child.ts";
import type { Closing } from "./closing.ts";
import type { ModeName } from "./line.ts";
import { openHouse, type House } from "./house/house.ts";
import type { Mode } from "./house/mode.ts";

/** `quick` shows that it works; only `full` is to be judged by. */
export type Size = "full" | "quick";

export interface Ground {
  readonly mode: ModeName;
  readonly size: Size;
  readonly closing: Closing;
  readonly busy: BusyWatch;
  /** A new house with a database of its own. */
  openHouse(): Promise<House>;
  /** A child that ends with the figure; see children. */
  startChild(program: string, options?: ChildOptions): Promise<Child>;
}

export function layGround(mode: Mode, size: Size, closing: Closing): Ground {
  return {
    mode: mode.name,
    size,
    closing,
    busy: createBusyWatch(),
    openHouse: () => openHouse(mode, closing),
    async startChild(program, options) {
      const child = await startChild(program, options);
      closing.add(() => child.stop());
      return child;
    },
  };
}
