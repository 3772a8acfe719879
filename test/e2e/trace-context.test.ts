// The trace a job was submitted in goes on: to the upstream of an `http` job, into a handler, and out with every attempt.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { startServerInProcess, type ServerInProcess } from "../support/server-in-process.ts";

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("the traceparent of a submission", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    server = await startServerInProcess();
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  const submit = (name: string, headers: Record<string, string>, own = {}) =>
    server.client.submit(
      {
        kind: "http",
        input: { url: `${receiver.origin}/${name}/upstream`, headers: own },
        callback: { url: `${receiver.origin}/${name}/callback` },
      },
      headers,
    );
  const sentTo = async (path: string) =>
    (await receiver.waitFor((one) => one.path === path)).headers["traceparent"];

  test("reaches the upstream and the callback", async () => {
    await submit("traced", { traceparent });
    expect([await sentTo("/traced/upstream"), await sentTo("/traced/callback")]).toEqual([
      traceparent,
      traceparent,
    ]);
  });

  test("does not replace one of the input's own", async () => {
    const own = traceparent.replace("4bf9", "0000");
    await submit("own", { traceparent }, { traceparent: own });
    expect(await sentTo("/own/upstream")).toBe(own);
  });

  test("is not made up where there is none, or one that is not valid", async () => {
    await submit("none", {});
    await submit("broken", { traceparent: "00-0-0-00" });
    const sent = ["/none/upstream", "/none/callback", "/broken/upstream", "/broken/callback"];
    expect(await Promise.all(sent.map(sentTo))).toEqual([undefined, undefined, undefined, undefined]);
  });
});
