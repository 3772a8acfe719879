import { afterAll, beforeAll, expect, test } from "vitest";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

let server: ServerInProcess;
let upstream: Receiver;
beforeAll(async () => {
  [server, upstream] = await Promise.all([startInProcess(), startReceiver()]);
});
afterAll(async () => {
  await Promise.all([server.stop(), upstream.close()]);
});

test("F17 numbers of an upstream's JSON answer stand in the job, its result, its callback and the feed as they were spelled", async () => {
  const body = '{"id":12345678901234567890,"price":1.00,"items":[{"ref":9007199254740993}]}';
  upstream.answerWith(({ path }) =>
    path === "/callback" ? 204 : { status: 200, headers: { "content-type": "application/json" }, body },
  );
  const job = await server.client.submit({
    kind: "http",
    input: { url: `${upstream.origin}/upstream` },
    callback: { url: `${upstream.origin}/callback`, events: ["job.succeeded"] },
  });
  await server.client.waitForDone(job.id);
  const callback = await upstream.waitFor(({ path }) => path === "/callback");

  const shown = `"body":${body}`;
  expect(callback.body.toString("utf8")).toContain(shown);
  for (const path of [`/v1/jobs/${job.id}`, `/v1/jobs/${job.id}/result`, "/v1/events"]) {
    const { text } = await server.client.expect(200, path);
    // The feed repeats the signed text itself, as a string inside its own JSON.
    expect(text.replaceAll('\\"', '"'), path).toContain(shown);
  }
});

test("F17 a body of the http kind goes out byte for byte as text, and is refused where its numbers would be rounded", async () => {
  upstream.answerWith(() => 204);
  const url = `${upstream.origin}/exact`;
  const refused = await server.client.call("/v1/jobs", {
    method: "POST",
    body: `{"kind":"http","input":{"url":${JSON.stringify(url)},"body":{"id":12345678901234567890}}}`,
  });
  expect(refused.status).toBe(422);
  expect(refused.text).toContain("/input/body/id");
  const text = '{"id":12345678901234567890}';
  await server.client.submit({ kind: "http", input: { url, method: "POST", body: text } });
  const request = await upstream.waitFor(({ path }) => path === "/exact");
  expect(request.body.toString("utf8")).toBe(text);
});
