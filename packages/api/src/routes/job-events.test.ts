import { describe, expect, test } from "vitest";
import type { JobWithPayloads } from "@ringback/core";
import { createHouse, type House } from "../testing/house.ts";
import { aJob, ids } from "../testing/rows.ts";

const path = `/v1/jobs/${ids.job}/events`;
const sse = { accept: "text/event-stream" };

function houseWithJob(): House {
  const house = createHouse();
  house.store.jobs.set(ids.job, aJob({ input: '{"a":\n1}' }));
  return house;
}

/** Reads frames one by one, as they come. */
function framesOf(response: Response): { next(): Promise<string | null>; cancel(): Promise<void> } {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let pending = "";
  return {
    async next() {
      for (;;) {
        const end = pending.indexOf("\n\n");
        if (end !== -1) {
          const frame = pending.slice(0, end);
          pending = pending.slice(end + 2);
          return frame;
        }
        const { done, value } = await reader.read();
        if (done) return null;
        pending += Buffer.from(value).toString();
      }
    },
    cancel: () => reader.cancel(),
  };
}

function dataOf(frame: string | null): unknown {
  const lines = (frame ?? "").split("\n").filter((line) => line.startsWith("data: "));
  return JSON.parse(lines.map((line) => line.slice(6)).join("\n"));
}

describe("GET /v1/jobs/{id}/events as JSON", () => {
  test("lists the job's events with the data that was signed, page by page", async () => {
    const house = houseWithJob();
    house.store.changeJob(ids.job, { status: "running" }, "job.started");
    house.store.changeJob(ids.job, { progress: { percent: 50, message: "half" } }, "job.progress");
    house.store.changeJob(ids.job, { status: "succeeded" }, "job.succeeded");
    const headers = { accept: "application/json" };
    const first = (await (await house.ask("GET", `${path}?limit=2`, { headers })).json()) as {
      data: { id: string }[];
      nextCursor: string;
    };
    expect(first.data).toMatchObject([
      { type: "job.started", data: { id: ids.job, status: "running", input: { a: 1 } } },
      { type: "job.progress", data: { progress: { percent: 50 } } },
    ]);
    const rest = await house.ask("GET", `${path}?cursor=${first.nextCursor}`, { headers });
    expect(await rest.json()).toMatchObject({ data: [{ type: "job.succeeded" }], nextCursor: null });
  });
});

describe("GET /v1/jobs/{id}/events as a stream", () => {
  test("tells what has happened, then what happens, and ends with the job", async () => {
    const house = houseWithJob();
    house.store.changeJob(ids.job, { status: "running" }, "job.started");
    const response = await house.ask("GET", path, { headers: sse });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const frames = framesOf(response);
    const started = await frames.next();
    expect(started).toContain(`id: ${house.store.events[0]?.id ?? "?"}\nevent: job.started\n`);
    expect(dataOf(started)).toMatchObject({
      type: "job.started",
      data: { status: "running", input: { a: 1 } },
    });
    const next = frames.next();
    house.store.changeJob(ids.job, { progress: { percent: 9, message: null } }, "job.progress");
    expect(dataOf(await next)).toMatchObject({ data: { progress: { percent: 9 } } });
    house.store.changeJob(ids.job, { status: "succeeded" }, "job.succeeded");
    expect(dataOf(await frames.next())).toMatchObject({ type: "job.succeeded" });
    expect(await frames.next()).toBeNull();
    expect(house.clock.armed).toBe(0);
  });

  test("goes on behind Last-Event-ID, and from the beginning when it is unknown", async () => {
    const house = houseWithJob();
    house.store.changeJob(ids.job, { status: "running" }, "job.started");
    house.store.changeJob(ids.job, { status: "failed" }, "job.failed");
    const [started] = house.store.events;
    const after = async (id: string): Promise<string> =>
      (await house.ask("GET", path, { headers: { ...sse, "last-event-id": id } })).text();
    expect((await after(started?.id ?? "")).match(/^event: .*$/gm)).toEqual(["event: job.failed"]);
    expect((await after("evt_unknown")).match(/^event: .*$/gm)).toEqual([
      "event: job.started",
      "event: job.failed",
    ]);
  });

  test("who has seen the end is told with 204 not to come again", async () => {
    const house = houseWithJob();
    house.store.changeJob(ids.job, { status: "canceled" }, "job.canceled");
    const last = house.store.events[0]?.id ?? "";
    const response = await house.ask("GET", path, { headers: { ...sse, "last-event-id": last } });
    expect(response.status).toBe(204);
    expect(house.clock.armed).toBe(0);
  });

  test("an idle stream shows that it is alive, and finds what nobody announced", async () => {
    const house = houseWithJob();
    const frames = framesOf(await house.ask("GET", path, { headers: sse }));
    await frames.next();
    const beat = frames.next();
    await armed(house);
    house.clock.advance(15_250);
    expect(await beat).toBe(": still here");
    const job = house.store.jobs.get(ids.job) ?? aJob();
    house.store.jobs.set(ids.job, { ...job, status: "canceled" });
    const rest: (string | null)[] = [];
    while (rest.at(-1) !== null) {
      const next = frames.next().then((frame) => rest.push(frame));
      house.clock.advance(15_250);
      await next;
    }
    expect(new Set(rest.slice(0, -1)).size).toBeLessThanOrEqual(1);
    expect(rest.length).toBeLessThanOrEqual(2);
  });

  test("a watcher sees what nobody subscribed to: the job as it is now, without an id and without its input", async () => {
    const house = houseWithJob();
    const frames = framesOf(await house.ask("GET", path, { headers: sse }));
    const see = async (change: Partial<JobWithPayloads>): Promise<[string, unknown]> => {
      const next = frames.next();
      await armed(house);
      house.store.changeJob(ids.job, change);
      const frame = await next;
      return [/^event: .*$/m.exec(frame ?? "")?.[0] ?? "", dataOf(frame)];
    };
    const queued = await frames.next();
    expect(queued).not.toContain("id: ");
    expect(dataOf(queued)).toMatchObject({ type: "job.queued", data: { id: ids.job, version: 1 } });
    expect(dataOf(queued)).not.toHaveProperty("data.input");
    const running = { status: "running", runs: 1 } as const;
    expect(await see(running)).toMatchObject(["event: job.started", { data: { version: 2 } }]);
    const progress = { percent: 40, message: "reading" };
    expect(await see({ progress })).toMatchObject(["event: job.progress", { data: { progress } }]);
    expect(await see({ status: "queued", progress: null })).toMatchObject(["event: job.queued", {}]);
    expect(await see({ ...running, runs: 2 })).toMatchObject(["event: job.started", { data: { runs: 2 } }]);
    house.store.changeJob(ids.job, { status: "succeeded" }, "job.succeeded");
    const last = await frames.next();
    expect(last).toContain(`id: ${house.store.events[0]?.id ?? "?"}\nevent: job.succeeded`);
    expect(await frames.next()).toBeNull();
  });

  test("what was stored is not shown a second time as it is now, also to a client that connects again", async () => {
    const house = houseWithJob();
    house.store.changeJob(ids.job, { status: "running", runs: 1 }, "job.started");
    const [started] = house.store.events;
    const frames = framesOf(await house.ask("GET", path, { headers: sse }));
    expect(await frames.next()).toContain("event: job.started");
    const again = framesOf(
      await house.ask("GET", path, { headers: { ...sse, "last-event-id": started?.id ?? "" } }),
    );
    const next = [frames.next(), again.next()];
    await armed(house);
    house.store.changeJob(ids.job, { progress: { percent: 1, message: null } }, "job.progress");
    for (const frame of await Promise.all(next)) expect(frame).toMatch(/^id: evt_.*\nevent: job\.progress/);
    await frames.cancel();
    await again.cancel();
  });

  test("a client that leaves leaves nothing behind", async () => {
    const house = houseWithJob();
    const frames = framesOf(await house.ask("GET", path, { headers: sse }));
    await frames.next();
    await armed(house);
    await frames.cancel();
    expect(house.clock.armed).toBe(0);
    house.store.changeJob(ids.job, { status: "running" }, "job.started");
  });

  test("F121 the drain ends it", async () => {
    const house = houseWithJob();
    const frames = framesOf(await house.ask("GET", path, { headers: sse }));
    await frames.next();
    await armed(house);
    house.drain();
    expect(await frames.next()).toBeNull();
  });

  test("F122 a stream beyond the bound is refused and told when to come again", async () => {
    const house = createHouse({ waitersMax: 1 });
    house.store.jobs.set(ids.job, aJob());
    const first = framesOf(await house.ask("GET", path, { headers: sse }));
    const second = await house.ask("GET", path, { headers: sse });
    expect([second.status, second.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await second.json()).toMatchObject({ code: "overloaded" });
    await first.cancel();
    const third = await house.ask("GET", path, { headers: sse });
    expect(third.status).toBe(200);
    await framesOf(third).cancel();
  });

  test("F30 HEAD opens no stream", async () => {
    const house = houseWithJob();
    expect((await house.ask("HEAD", path)).status).toBe(200);
    expect(house.clock.armed).toBe(0);
  });
});

/** Until the stream waits: it has armed its heartbeat, beside the look at what nobody announced. */
async function armed(house: House): Promise<void> {
  for (let turn = 0; house.clock.armed < 2; turn += 1) {
    if (turn > 1_000) throw new Error("it never waited");
    await new Promise((resolve) => setImmediate(resolve));
  }
}
