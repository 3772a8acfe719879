import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JobJson } from "../support/api-shapes.ts";
import { openIntakeHouse, type IntakeHouse } from "../support/intake-house.ts";
import { rawSocket } from "../support/raw-socket.ts";
import { waitUntil } from "../support/wait-until.ts";

const bodyBytesMax = 65_536;
const lingerBytesMax = 1_048_576;
/** What the server takes of an endless body, and what the kernels at both ends of the connection hold. */
const takenMax = 16 * 1_048_576;

/** The head of a submission, with whatever says how long it is. */
function head(house: IntakeHouse, ...lines: readonly string[]): string {
  const all = [
    "POST /v1/jobs HTTP/1.1",
    "host: x",
    `authorization: Bearer ${house.apiKey}`,
    "content-type: application/json",
    ...lines,
  ];
  return `${all.join("\r\n")}\r\n\r\n`;
}

async function jobsIn(house: IntakeHouse): Promise<number> {
  return (await house.client.listAll<JobJson>("/v1/jobs")).length;
}

describe("bodies that are not what they should be", () => {
  const closing: (() => Promise<void>)[] = [];
  let house: IntakeHouse;
  beforeAll(async () => {
    house = await openIntakeHouse(
      { settings: { bodyBytesMax }, limits: { lingerBytesMax, lingerMs: 15_000 } },
      (close) => closing.push(close),
    );
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  test.each([
    ["with its length announced", "content-length: 500", '{"kind":"echo","input":"'],
    ["in chunks", "transfer-encoding: chunked", '18\r\n{"kind":"echo","input":"x\r\n'],
  ])("F3 a client that leaves in the middle of a body %s leaves no job, and is counted", async (...row) => {
    const [, length, begun] = row;
    const before = house.counters.intakeAborted;
    const jobs = await jobsIn(house);
    const { socket } = await rawSocket(house.url);
    await new Promise<void>((resolve) => socket.write(head(house, length) + begun, () => resolve()));
    // The server has begun to read once it answers something that came after.
    await house.client.expect(200, "/healthz");
    socket.resetAndDestroy();
    await waitUntil(async () => house.counters.intakeAborted, {
      holds: (count) => count === before + 1,
      timeoutMs: 10_000,
      what: "count of the aborted body",
    });
    await expect(jobsIn(house)).resolves.toBe(jobs);
    expect(house.logged.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });

  test("F12 a body whose chunks are none is 400, and no job", async () => {
    const client = await rawSocket(house.url);
    client.socket.write(`${head(house, "transfer-encoding: chunked")}zz\r\n{"kind":"echo"}\r\n0\r\n\r\n`);
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toContain('"code":"http-invalid"');
    await expect(jobsIn(house)).resolves.toBe(0);
  });

  test("F8 a body announced as too large is refused before any of it is read", async () => {
    const client = await rawSocket(house.url);
    client.socket.write(head(house, "content-length: 100000000"));
    const answer = await client.hears('"code":"body-too-large"');
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer.toLowerCase()).toContain("connection: close");
    client.socket.destroy();
  });

  test("F8 a client that goes on sending after the 413 gets to read it, and no reset", async () => {
    const client = await rawSocket(house.url);
    const piece = "x".repeat(62_500);
    client.socket.pause();
    client.socket.write(head(house, `content-length: ${8 * piece.length}`));
    for (let sent = 0; sent < 8; sent += 1) {
      // The answer has long been sent when the body goes on.
      await house.client.expect(200, "/v1/jobs");
      await new Promise<void>((resolve) => client.socket.write(piece, () => resolve()));
    }
    client.socket.resume();
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toContain('"code":"body-too-large"');
  });

  test("F8 a client that never stops sending is cut off after about 1 MiB", async () => {
    const client = await rawSocket(house.url);
    client.socket.write(head(house, "content-length: 1000000000"));
    const written = await client.floods("x".repeat(65_536), 1_000_000_000);
    expect(written).toBeLessThan(takenMax);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 413 /);
    await house.client.expect(200, "/healthz");
  });

  test("F9 a body without a length is refused once it is over the limit, and no more of it is kept", async () => {
    const client = await rawSocket(house.url);
    client.socket.write(head(house, "transfer-encoding: chunked"));
    const chunk = `10000\r\n${"x".repeat(0x1_00_00)}\r\n`;
    const written = await client.floods(chunk, 1_000_000_000);
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
    expect(heard).toContain('"code":"body-too-large"');
    expect(written).toBeLessThan(takenMax);
    await expect(jobsIn(house)).resolves.toBe(0);
  });
});

describe("clients that are slow", () => {
  const limits = { headersTimeoutMs: 800, requestTimeoutMs: 1_000, timeoutsCheckedEveryMs: 100 };

  test("F10 a body shorter than announced is 408 when the request's time is over, and no job", async () => {
    const house = await openIntakeHouse({ limits });
    const client = await rawSocket(house.url);
    client.socket.write(`${head(house, "content-length: 100")}{"kind":"echo"}`);
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1\.1 408 /);
    expect(heard).toContain('"code":"request-timeout"');
    await expect(jobsIn(house)).resolves.toBe(0);
    expect(house.counters.intakeAborted).toBe(1);
  });

  test("F11 a thousand clients that never finish their headers are sent away, and honest ones answered meanwhile", async () => {
    const house = await openIntakeHouse({
      limits: { ...limits, headersTimeoutMs: 2_000, requestTimeoutMs: 2_000 },
    });
    const slow = await Promise.all(Array.from({ length: 1_000 }, () => rawSocket(house.url)));
    for (const [index, { socket }] of slow.entries())
      socket.write(
        index % 2 === 0 ? "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nx" : `${head(house, "content-length: 9")}{`,
      );
    for (let honest = 0; honest < 50; honest += 1) await house.client.submit({ kind: "echo" });
    await expect(jobsIn(house)).resolves.toBe(50);
    const heard = await Promise.all(slow.map(({ closed }) => closed()));
    expect(heard.filter((answer) => answer.startsWith("HTTP/1.1 408 "))).toHaveLength(1_000);
  });
});

describe("F27 a clock that jumps back", () => {
  test("F27 leaves ids unique, and the feed in the order in which things happened", async () => {
    const house = await openIntakeHouse();
    await house.client.expect(201, "/v1/endpoints", {
      method: "POST",
      body: { url: "https://receiver.example/in", events: ["job.*"] },
    });
    const ids: string[] = [];
    for (let count = 0; count < 40; count += 1) {
      if (count === 20) house.clock.offsetMs = -3_600_000;
      ids.push((await house.client.submit({ kind: "echo", input: count })).id);
    }
    expect(new Set(ids).size).toBe(40);
    const feed = await house.client.feed("limit=200");
    const told = feed.data.map(({ body }) => (JSON.parse(body) as { readonly data: JobJson }).data.id);
    expect(told).toEqual(ids);
    expect(new Set(feed.data.map(({ id }) => id)).size).toBe(40);
  });
});
