// Jobs that are worked outside: by a Python program over leases, and by an upstream that answers 202 and finishes later.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DigestBuilder } from "../demo/digest.ts";
import { readArchive } from "../demo/github-archive.ts";
import { insteadOf } from "../support/instead-of.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startServerInProcess, type ServerInProcess } from "../support/server-in-process.ts";
import type { ServerHome, ServerProcess } from "../support/server-process.ts";
import { makeHome } from "./e2e-home.ts";

const demoHandlers = fileURLToPath(new URL("../demo/handlers.ts", import.meta.url));
const python = fileURLToPath(new URL("github-digest.py", import.meta.url));
const archive = dirname(
  dirname(fileURLToPath(import.meta.resolve("@octokit/webhooks-examples/api.github.com/index.json"))),
);

/** What the program wrote; rejects when it does not end with 0, and says what is missing when there is no Python. */
async function runPython(env: Readonly<Record<string, string>>, jobs: number): Promise<string> {
  const child = spawn("python3", [python, archive, String(jobs)], { env: { ...process.env, ...env } });
  const failed = once(child, "error").then(([error]) => {
    throw new Error(`python3 is needed for this test and could not be started: ${String(error)}`);
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (output += String(bytes)));
  const [code] = (await Promise.race([once(child, "close"), failed])) as [number | null];
  if (code !== 0) throw new Error(`python3 ended with ${code}: ${output}`);
  return output;
}

describe("a program in another language", { timeout: 60_000 }, () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  beforeAll(async () => {
    receiver = await startReceiver();
    server = await startServerInProcess({
      settings: { RINGBACK_HANDLERS: demoHandlers },
      // Nobody at home takes a job, so that whatever is done is done by the program.
      decorateStore: (store) => insteadOf(store, { runs: insteadOf(store.runs, { claim: async () => [] }) }),
    });
  });
  afterAll(() => Promise.all([server.stop(), receiver.close()]));

  test("works the demo's jobs over leases, with progress, and each result is the handler's own", async () => {
    const ranges = [
      { from: 0, count: 60 },
      { from: 100, count: 5 },
    ];
    const callback = { url: `${receiver.origin}/digests` };
    const jobs = await Promise.all(
      ranges.map((input) => server.client.submit({ kind: "github.digest", input, callback })),
    );

    const key = await server.keyOf("default", ["jobs"]);
    await runPython({ RINGBACK_URL: server.url, RINGBACK_KEY: key }, jobs.length);

    const payloads = readArchive();
    for (const [at, { from, count }] of ranges.entries()) {
      const builder = new DigestBuilder();
      for (const payload of payloads.slice(from, from + count)) builder.add(payload);
      const done = await server.client.job(jobs[at]?.id ?? "");
      expect(done).toMatchObject({ status: "succeeded", runs: 1, result: builder.finish() });
    }
    const [first] = jobs;
    expect((await server.client.job(first?.id ?? "")).progress).toMatchObject({ message: "50 payloads" });
    await receiver.waitForCount(jobs.length);
  });
});

describe("a kind that no process runs", { timeout: 60_000 }, () => {
  let server: ServerInProcess;
  beforeAll(async () => {
    server = await startServerInProcess();
  });
  afterAll(() => server.stop());

  test("may be submitted once leases of it are asked for, by the tenant who asks and by nobody else", async () => {
    const theirs = await server.clientOf("theirs");
    const submit = { method: "POST", body: { kind: "print.page", input: 1 } };
    const ask = { method: "POST", body: { kinds: ["print.page"] } };
    expect((await server.client.call("/v1/jobs", submit)).status).toBe(422);

    expect((await server.client.call("/v1/leases", ask)).json).toEqual({ leases: [] });

    await waitUntil(() => server.client.call("/v1/jobs", submit), {
      holds: ({ status }) => status === 202,
      timeoutMs: 30_000,
      what: "job of the kind that is leased",
    });
    expect((await server.client.call("/v1/leases", ask)).json).toMatchObject({
      leases: [{ job: { kind: "print.page", input: 1 } }],
    });
    const refused = await theirs.call("/v1/jobs", submit);
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('The kinds here are http."');
  });
});

describe("an upstream that answers 202", { timeout: 60_000 }, () => {
  let home: ServerHome;
  let server: ServerProcess;
  let upstream: Receiver;
  beforeAll(async () => {
    upstream = await startReceiver(() => 202);
    home = makeHome({ settings: { RINGBACK_RUN_CONCURRENCY: "1" } });
    server = await home.start();
  });
  afterAll(() => Promise.all([home.dispose(), upstream.close()]));

  /** Submits a call to the upstream and waits until it has been made; answers how to end the job. */
  async function handOver(path: string, more: object = {}) {
    const job = await home.client.submit({
      kind: "http",
      input: { url: `${upstream.origin}${path}` },
      ...more,
    });
    const { headers } = await upstream.waitFor((request) => request.path === path);
    const end = async (which: "complete" | "fail", body: object): Promise<Response> => {
      const address = new URL(headers[`ringback-${which}-url`] ?? "");
      return fetch(`${home.url()}${address.pathname}`, {
        method: "POST",
        headers: { "ringback-token": headers["ringback-token"] ?? "", "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    };
    return { job, end };
  }

  test("finishes the job later, once, with the token it was sent; meanwhile no slot is taken", async () => {
    const { job, end } = await handOver("/later");
    const other = await home.client.submit({ kind: "e2e.echo", input: "meanwhile" });
    expect(await home.client.waitForDone(other.id, 30_000)).toMatchObject({ status: "succeeded" });
    expect((await home.client.job(job.id)).status).toBe("running");

    expect((await end("complete", { result: { printed: 3 } })).status).toBe(200);

    expect(await home.client.job(job.id)).toMatchObject({ status: "succeeded", result: { printed: 3 } });
    expect((await end("complete", { result: "again" })).status).toBe(409);
  });

  test("fails the job later", async () => {
    const { job, end } = await handOver("/fails");
    expect((await end("fail", { message: "out of paper", retryable: false })).status).toBe(200);
    expect(await home.client.job(job.id)).toMatchObject({
      status: "failed",
      error: { code: "upstream_failed", message: "out of paper" },
    });
  });

  test("F62 and never finishes: run_timeout", async () => {
    const { job } = await handOver("/never", { runTimeoutMs: 1_000 });
    const done = await home.client.waitForDone(job.id, 30_000);
    expect(done).toMatchObject({ status: "failed", error: { code: "run_timeout" } });
  });

  test("F69 finishes the job although the server was killed and started again in between", async () => {
    const { job, end } = await handOver("/restart");
    const other = await home.client.submit({ kind: "e2e.echo", input: "slot" });
    await home.client.waitForDone(other.id, 30_000);
    const before = home.url();
    await server.kill();
    server = await home.start();
    expect(home.url()).not.toBe(before);
    expect((await home.client.job(job.id)).status).toBe("running");

    expect((await end("complete", { result: "after all" })).status).toBe(200);

    expect(await home.client.job(job.id)).toMatchObject({
      status: "succeeded",
      runs: 1,
      result: "after all",
    });
  });

  test("an answer of 202 is a result where the input says so", async () => {
    const input = { url: `${upstream.origin}/plain`, accepted: "result" };
    const job = await home.client.submit({ kind: "http", input });
    expect(await home.client.waitForDone(job.id, 30_000)).toMatchObject({
      status: "succeeded",
      result: { status: 202 },
    });
    const { headers } = await upstream.waitFor(({ path }) => path === "/plain");
    expect(headers["ringback-token"]).toBeUndefined();
  });
});
