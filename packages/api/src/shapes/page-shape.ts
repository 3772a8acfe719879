// A page of a list.
import { z } from "zod";

export function pageShape<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    data: z.array(item),
    nextCursor: z.union([z.string(), z.null()]).describe("For the next page; null on the last one."),
  });
}
