import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createKinds,
  endsLater,
  JobFailure,
  type InputCheck,
  type Job,
  type Kind,
  type RunContext,
} from "@ringback/core";
import { answerText, startReceiver, type Exchange, type Receiver } from "../testing/receiver.ts";
import { createSender, silentLog, type Sender } from "../testing/sender.ts";
import { createHttpKind } from "./http-kind.ts";

let sender: Sender;
let upstream: Receiver | null = null;
let stop: AbortController;

beforeEach(() => {
  sender = createSender();
  stop = new AbortController();
});
afterEach(async () => {
  await upstream?.close();
  upstream = null;
});

function kindOf({ guard, clock }: Sender = sender): Kind {
  const kind = createKinds([createHttpKind({ guard, clock, userAgent: "Ringback/test" })]).get("http");
  if (kind === undefined) throw new Error("the kind is missing");
  return kind;
}

async function answering(answer: (exchange: Exchange) => void): Promise<string> {
  upstream = await startReceiver(answer);
  return upstream.url;
}

const write =
  (text: string) =>
  ({ socket }: Exchange): void =>
    void socket.write(text, "latin1");

const completion = { completeUrl: "https://ringback/c", failUrl: "https://ringback/f", token: "once" };

async function run(input: unknown, by: Sender = sender): Promise<unknown> {
  const kind = kindOf(by);
  const checked = await kind.checkInput(input);
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
  const context: RunContext = {
    signal: stop.signal,
    progress: () => undefined,
    job: {} as Job,
    runNumber: 1,
    log: silentLog,
    completion,
  };
  return kind.definition.run(checked.value, context);
}

function failure(running: Promise<unknown>): Promise<unknown> {
  return running.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
}

describe("the input", () => {
  const check = (input: unknown): Promise<InputCheck> => kindOf().checkInput(input);
  const paths = async (input: unknown): Promise<string[]> => {
    const checked = await check(input);
    return checked.ok ? [] : checked.problems.map(({ path }) => path);
  };

  it.each([
    [undefined, [""]],
    ["http://127.0.0.1/", [""]],
    [{}, ["/url"]],
    [{ url: 1 }, ["/url"]],
    [{ url: "http://127.0.0.1/", retries: 3, "a/b": 1 }, ["/retries", "/a~1b"]],
    [{ url: "http://127.0.0.1/", method: "get" }, ["/method"]],
    [{ url: "http://127.0.0.1/", method: "CONNECT" }, ["/method"]],
    [{ url: "http://127.0.0.1/", method: "GET", body: "x" }, ["/body"]],
    [{ url: "http://127.0.0.1/", headers: [] }, ["/headers"]],
    [
      { url: "http://127.0.0.1/", headers: { host: "evil", ok: 1, A: "1", a: "2" } },
      ["/headers/host", "/headers/ok", "/headers/a"],
    ],
    [{ url: "http://127.0.0.1/", timeoutMs: 0 }, ["/timeoutMs"]],
    [{ url: "http://127.0.0.1/", timeoutMs: 1.5 }, ["/timeoutMs"]],
  ])("%j is refused at %j", async (input, expected) => {
    expect(await paths(input)).toEqual(expected);
  });

  it("F20 a forbidden URL is refused at intake, by the same guard, with its rule", async () => {
    const admitted = await kindOf().admitInput({ url: "http://169.254.169.254/latest/meta-data/" });
    expect(admitted).toMatchObject({ ok: false, problems: [{ path: "/url" }] });
    expect(JSON.stringify(admitted)).toContain("rule metadata-address");
    expect(await kindOf().admitInput({ url: "http://127.0.0.1/" })).toMatchObject({ ok: true });
  });

  it("where a URL leads is asked at intake only; its form is judged before every run, too", async () => {
    const { guard } = sender;
    let asked = 0;
    const counting = {
      ...sender,
      guard: {
        ...guard,
        checkUrl(url: string) {
          asked += 1;
          return guard.checkUrl(url);
        },
      },
    };
    const kind = kindOf(counting);
    expect(await kind.checkInput({ url: "http://10.0.0.1/" })).toMatchObject({ ok: true });
    expect(asked).toBe(0);
    expect(await kind.checkInput({ url: "ftp://a.example/" })).toMatchObject({
      problems: [{ path: "/url", message: expect.stringMatching(/\(rule scheme\)$/) as string }],
    });
    expect(await kind.admitInput({ url: "http://10.0.0.1/" })).toMatchObject({ ok: false });
    expect(asked).toBe(1);
  });

  it("F17 numbers in a body that have been rounded are refused with their place; as text they go out as they are", async () => {
    const body = JSON.parse(
      '{"ids":[1,12345678901234567890],"huge":1e400,"fine":9007199254740991}',
    ) as unknown;
    const checked = await check({ url: "http://127.0.0.1/", body });
    const message = expect.stringMatching(/send the body as text/) as string;
    expect(checked).toEqual({
      ok: false,
      problems: [
        { path: "/body/ids/1", message },
        { path: "/body/huge", message },
      ],
    });
    const url = await answering(write(answerText("200 OK")));
    await run({ url, body: '{"id":12345678901234567890}' });
    expect(upstream?.requests[0]).toMatch(/\r\n\r\n\{"id":12345678901234567890\}$/);
  });

  it("is completed: the method follows the body, and JSON says what it is", async () => {
    expect(await check({ url: "http://127.0.0.1" })).toMatchObject({
      value: { url: "http://127.0.0.1/", method: "GET", body: null, headers: {}, timeoutMs: null },
    });
    expect(await check({ url: "http://127.0.0.1", body: { a: 1 } })).toMatchObject({
      value: { method: "POST", body: '{"a":1}', headers: { "content-type": "application/json" } },
    });
    expect(
      await check({ url: "http://127.0.0.1", body: [1], headers: { "Content-Type": "application/x" } }),
    ).toMatchObject({
      value: { body: "[1]", headers: { "content-type": "application/x" } },
    });
    expect(await check({ url: "http://127.0.0.1", body: "plain" })).toMatchObject({
      value: { body: "plain", headers: {} },
    });
  });
});

describe("the result", () => {
  it("is the upstream's answer, with JSON parsed", async () => {
    const url = await answering(
      write(
        answerText("201 Created", ["content-type: application/json; charset=utf-8", "x-a: 1"], '{"id":7}'),
      ),
    );
    expect(await run({ url, method: "PUT", body: { name: "x" }, headers: { "X-Key": "k" } })).toMatchObject({
      status: 201,
      headers: { "x-a": "1" },
      body: { id: 7 },
    });
    const request = upstream?.requests[0] ?? "";
    expect(request).toMatch(/^PUT \/hook HTTP\/1\.1\r\n/);
    expect(request).toContain("user-agent: Ringback/test\r\n");
    expect(request).toContain("x-key: k\r\n");
    expect(request).toMatch(/\r\n\r\n\{"name":"x"\}$/);
  });

  it.each([
    ["text", "content-type: text/plain", "hello", { body: "hello" }],
    ["JSON that does not parse", "content-type: application/json", "{", { body: "{" }],
    ["a +json type", "content-type: application/problem+json", "[1]", { body: [1] }],
    [
      "bytes",
      "content-type: image/png",
      "\u0089PNG",
      { body: "iVBORw==".slice(0, 8), bodyEncoding: "base64" },
    ],
    ["nothing", "x-a: 1", "", { body: "" }],
  ])("keeps %s", async (_, header, body, expected) => {
    const url = await answering(write(answerText("200 OK", [header], body)));
    const result = await run({ url });
    expect(result).toMatchObject({ status: 200, ...expected });
  });

  it("F17 numbers are written as the upstream spelled them", async () => {
    const text =
      '{"id":12345678901234567890,"price":1.00,"big":1e400,"list":[0.1000000000000000055,7],"n":-0}';
    const url = await answering(write(answerText("200 OK", ["content-type: application/json"], text)));
    expect(JSON.stringify(await run({ url }))).toContain(`"body":${text}`);
  });

  it.each(["404 Not Found", "500 Oops", "302 Found"])("any status is one: %s", async (status) => {
    const url = await answering(write(answerText(status, ["location: /elsewhere"])));
    expect(await run({ url })).toMatchObject({ status: Number(status.slice(0, 3)) });
    expect(upstream?.requests.length).toBe(1);
  });

  it("202 is none yet: the upstream was told how to end the job later", async () => {
    const url = await answering(write("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"));
    expect(await run({ url, headers: { "ringback-token": "forged" } })).toBe(endsLater);
    const sent = upstream?.requests[0] ?? "";
    expect(sent).toContain("ringback-complete-url: https://ringback/c");
    expect(sent).toContain("ringback-fail-url: https://ringback/f");
    expect(sent).toContain("ringback-token: once");
    expect(sent).not.toContain("forged");
  });

  it("202 is one like any other where the input says so, and then the upstream is told nothing", async () => {
    const url = await answering(write("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"));
    expect(await run({ url, accepted: "result" })).toMatchObject({ status: 202 });
    expect(upstream?.requests[0]).not.toContain("ringback-token");
  });

  it("a HEAD request has one, too", async () => {
    const url = await answering(write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"));
    expect(await run({ url, method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });
});

describe("no result", () => {
  it("F82 a transport failure is a retryable upstream_failed", async () => {
    const url = await answering(({ socket }) => void socket.resetAndDestroy());
    const thrown = await failure(run({ url }));
    expect(thrown).toBeInstanceOf(JobFailure);
    expect(thrown).toMatchObject({ code: "upstream_failed", retryable: true });
    expect(String(thrown)).toContain("connection_reset");
  });

  it("an address that turns out to be forbidden is a final blocked_address, and nothing is sent", async () => {
    const url = await answering(write(answerText("200 OK")));
    const checked = await kindOf().checkInput({ url });
    const strict = createSender({ allowNetworks: "" });
    const running = kindOf(strict).definition.run(checked.ok ? checked.value : null, {
      signal: stop.signal,
      progress: () => undefined,
      job: {} as Job,
      runNumber: 1,
      log: silentLog,
    });
    expect(await failure(Promise.resolve(running))).toMatchObject({
      code: "blocked_address",
      retryable: false,
    });
    expect(upstream?.connections()).toBe(0);
  });

  it("F97 more than 1 MiB is a final failure, and is not read to its end", async () => {
    const url = await answering(({ socket }) => {
      const chunk = Buffer.alloc(65_536, "x");
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n");
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on("drain", pour);
      pour();
    });
    expect(await failure(run({ url }))).toMatchObject({ code: "upstream_failed", retryable: false });
  });

  it("F88 its own deadline spans the headers and the body", async () => {
    const arrived = Promise.withResolvers<void>();
    const url = await answering(() => arrived.resolve());
    const running = failure(run({ url, timeoutMs: 2_000 }));
    await arrived.promise;
    sender.clock.advance(2_000);
    expect(String(await running)).toContain("headers_timeout");
  });

  it("F90 a body that drips beyond the deadline is a failure", async () => {
    const written = Promise.withResolvers<void>();
    const url = await answering(({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx", () => written.resolve());
    });
    const running = failure(run({ url, timeoutMs: 2_000 }));
    await written.promise;
    sender.clock.advance(2_000);
    expect(await running).toMatchObject({ code: "upstream_failed", retryable: true });
  });

  it("F62 the run's signal ends the call at once", async () => {
    const arrived = Promise.withResolvers<void>();
    const url = await answering(() => arrived.resolve());
    const running = failure(run({ url }));
    await arrived.promise;
    stop.abort(new Error("canceled"));
    expect(String(await running)).toContain("canceled");
  });
});
