import { describe, expect, test } from "vitest";
import { createClosing } from "./closing.ts";

describe("what was opened", () => {
  test("is closed, the last first, also when one of them fails", async () => {
    const closed: number[] = [];
    const closing = createClosing();
    closing.add(() => void closed.push(1));
    closing.add(() => Promise.reject(new Error("no")));
    closing.add(async () => void closed.push(3));
    await expect(closing.close()).rejects.toThrow("no");
    expect(closed).toEqual([3, 1]);
    await expect(closing.close()).rejects.toThrow("no");
    expect(closed).toEqual([3, 1]);
  });

  test("too late is closed at once", async () => {
    const closing = createClosing();
    await closing.close();
    const closed = Promise.withResolvers<string>();
    closing.add(() => closed.resolve("closed"));
    await expect(closed.promise).resolves.toBe("closed");
  });
});
