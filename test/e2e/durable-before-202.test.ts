import { describe, expect, onTestFinished, test } from "vitest";
import { insteadOf } from "../support/instead-of.ts";
import { startInProcess } from "./e2e-home.ts";

describe("G1 durable before 202", () => {
  test("the 202 is not answered while the commit is held back, and follows when it is let go", async () => {
    const called = Promise.withResolvers<void>();
    const letGo = Promise.withResolvers<void>();
    const order: string[] = [];
    const server = await startInProcess({
      decorateStore: (store) =>
        insteadOf(store, {
          intake: insteadOf(store.intake, {
            async acceptJobs(items, now) {
              called.resolve();
              await letGo.promise;
              const accepted = await store.intake.acceptJobs(items, now);
              order.push("committed");
              return accepted;
            },
          }),
        }),
    });
    onTestFinished(() => server.stop());

    const answer = server.client.submit({ kind: "e2e.echo", input: 1 }).then(() => order.push("202"));
    await called.promise;
    // The server answers something else meanwhile, so it had every chance to answer this too early.
    await server.client.expect(200, "/v1/jobs");
    expect(order).toEqual([]);
    letGo.resolve();
    await answer;

    expect(order).toEqual(["committed", "202"]);
  });
});
