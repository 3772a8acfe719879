// Measures deliveries/s of the lane loop against a bare undici loop that posts the same bytes, at the same concurrency,
// to the same receiver. Run it by hand: `node packages/dispatcher/src/testing/measure-rate.ts [deliveries] [concurrency]`.
import { fork } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { Pool } from "undici";
import type { Clock, Log, Random } from "@ringback/core";
import { createAddressGuard, createDispatcher, parseAllowNetworks } from "../index.ts";
import { attemptHeaders } from "../lane/request-headers.ts";
import { claimedDelivery, FakeLaneStore } from "./fake-lane-store.ts";
import { TestTurn } from "./turn.ts";

const clock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};
const random: Random = { bytes: (count) => new Uint8Array(count), unit: Math.random };
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const rounds = 9;
const body = JSON.stringify({ type: "job.succeeded", data: { text: "x".repeat(1_000) } });
const userAgent = "Ringback/0";

if (process.argv[2] === "receive") receive();
else await measure(Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 10));

function receive(): void {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.end("ok"));
  });
  server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
}

async function measure(deliveries: number, concurrency: number): Promise<void> {
  const child = fork(import.meta.filename, ["receive"]);
  const [address]: unknown[] = await once(child, "message");
  const url = `http://127.0.0.1:${(address as { port: number }).port}/hook`;
  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const bare = await timed(() => postBare(url, deliveries, concurrency));
    const lane = await timed(() => serveLane(url, deliveries, concurrency));
    const isWarmUp = round === 0;
    if (!isWarmUp) ratios.push(bare.seconds / lane.seconds);
    const rate = ({ seconds, cpuSeconds }: Timed): string =>
      `${(deliveries / seconds).toFixed(0)}/s (${((cpuSeconds / deliveries) * 1e6).toFixed(0)} µs of CPU each)`;
    process.stdout.write(
      `${isWarmUp ? "warm-up: " : ""}bare undici ${rate(bare)}, lane loop ${rate(lane)}\n`,
    );
  }
  const median = ratios.toSorted((one, other) => one - other)[Math.floor(ratios.length / 2)] ?? 0;
  process.stdout.write(`median ratio ${median.toFixed(2)}\n`);
  child.kill();
}

interface Timed {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function timed(work: () => Promise<void>): Promise<Timed> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

async function postBare(url: string, deliveries: number, concurrency: number): Promise<void> {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections: concurrency, allowH2: false });
  const bytes = Buffer.from(body);
  const { sent: headers } = attemptHeaders(claimedDelivery(url, { body }), {
    body: bytes,
    userAgent,
    now: 0,
  });
  let left = deliveries;
  const post = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await pool.request({ method: "POST", path, headers, body: bytes });
      await answer.body.dump();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, post));
  await pool.close();
}

async function serveLane(url: string, deliveries: number, concurrency: number): Promise<void> {
  const parsed = parseAllowNetworks("127.0.0.0/8");
  const allowNetworks = "networks" in parsed ? parsed.networks : [];
  const guard = createAddressGuard({ allowNetworks, allowHttp: false, ownAddresses: () => [], clock });
  const lanes = new FakeLaneStore();
  for (let n = 0; n < deliveries; n += 1) {
    lanes.due.push(claimedDelivery(url, { body, id: `dlv_${n}`, eventId: `evt_${n}` }));
  }
  const dispatcher = createDispatcher({
    lanes,
    guard,
    clock,
    random,
    log,
    userAgent,
    settings: { laneConcurrency: concurrency },
  });
  const turn = new TestTurn();
  turn.dismiss();
  await dispatcher.serve(turn);
  const delivered = lanes.records.filter(({ ended }) => ended.outcome === "delivered").length;
  if (delivered !== deliveries) throw new Error(`only ${delivered} of ${deliveries} were delivered`);
}
