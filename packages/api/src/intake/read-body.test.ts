import { describe, expect, test } from "vitest";
import { createHouse } from "../testing/house.ts";
import { problemOf, submit, submitText } from "../testing/submitting.ts";

describe("a body", () => {
  test("F8 a body announced as too large is refused unread and the connection is closed", async () => {
    const house = createHouse({ bodyBytesMax: 100 });
    let isRead = false;
    const raw = new ReadableStream<Uint8Array>(
      {
        pull() {
          isRead = true;
        },
      },
      { highWaterMark: 0 },
    );
    const response = await house.ask("POST", "/v1/jobs", {
      raw,
      headers: { "content-type": "application/json", "content-length": "101" },
    });
    expect(response.headers.get("connection")).toBe("close");
    expect(await problemOf(response)).toMatchObject({ code: "body-too-large", status: 413 });
    expect(isRead).toBe(false);
  });

  test("F9 a chunked body is refused as soon as it is over, not at its end", async () => {
    const house = createHouse({ bodyBytesMax: 100 });
    let chunks = 0;
    const raw = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          chunks += 1;
          controller.enqueue(new Uint8Array(60).fill(0x20));
        },
      },
      { highWaterMark: 0 },
    );
    const response = await house.ask("POST", "/v1/jobs", {
      raw,
      headers: { "content-type": "application/json" },
    });
    expect(await problemOf(response)).toMatchObject({ code: "body-too-large", status: 413 });
    expect(chunks).toBe(2);
  });

  test("a body of exactly the limit passes", async () => {
    const text = '{"kind":"echo"}';
    const house = createHouse({ bodyBytesMax: text.length });
    expect((await submitText(house, text)).status).toBe(202);
    expect((await submitText(house, `${text} `)).status).toBe(413);
  });

  test("F3 a body that breaks off makes no job and is no fault of ours", async () => {
    const house = createHouse();
    const raw = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("reset")),
    });
    const response = await house.ask("POST", "/v1/jobs", {
      raw,
      headers: { "content-type": "application/json" },
    });
    expect(await problemOf(response)).toMatchObject({ code: "body-incomplete", status: 400 });
    expect(house.store.jobs.size).toBe(0);
    expect(house.logged.join("")).not.toContain('"level":"error"');
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/jsonp",
    "application/json; charset=latin1;",
    "application/json; charset=utf-8 charset=utf-8",
  ])("a body of type %s is refused", async (type) => {
    const response = await createHouse().ask("POST", "/v1/jobs", {
      raw: '{"kind":"echo"}',
      headers: { "content-type": type },
    });
    expect(await problemOf(response)).toMatchObject({ code: "content-type-unsupported", status: 415 });
  });

  test.each([
    "application/json; charset=UTF-8",
    'application/json;charset="utf-8"',
    "application/json;",
    "application/json ; ; charset=utf-8 ;",
    "Application/JSON",
  ])("a body of type %s is what it is anyway", async (type) => {
    const headers = { "content-type": type };
    expect((await createHouse().ask("POST", "/v1/jobs", { raw: '{"kind":"echo"}', headers })).status).toBe(
      202,
    );
  });

  test.each(["identity", "Identity", "IDENTITY"])("a Content-Encoding of %s is none", async (encoding) => {
    const response = await submit(createHouse(), { kind: "echo" }, { "content-encoding": encoding });
    expect(response.status).toBe(202);
  });

  test("F13 a compressed body is refused", async () => {
    const response = await submit(createHouse(), { kind: "echo" }, { "content-encoding": "gzip" });
    expect(await problemOf(response)).toMatchObject({ code: "content-encoding-unsupported", status: 415 });
  });
});
