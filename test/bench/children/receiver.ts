// The receiver that deliveries are counted at. It reads each body, answers 200, and knows when the first and the last of an
// expected number arrived; the last request is kept, with the exact bytes, for whoever is to post the same.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent, ready } from "./in-child.ts";

/** Headers and body of one request, as they came. */
export interface Sample {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long it took from the first to the last of them, in milliseconds. */
export interface Counted {
  readonly ms: number;
}

interface Expected {
  readonly count: number;
  readonly counted: PromiseWithResolvers<Counted>;
}

/** How long each answer is held back. */
let delayMs = Number(process.argv[2] ?? "0");
let arrived = 0;
let firstMs = 0;
let expected: Expected | null = null;
let last: Counted | null = null;
let sample: Sample | null = null;
let isSampling = false;

const server = createServer((request, response) => {
  if (isSampling) void keep(request);
  else request.resume();
  request.on("end", () => {
    count();
    const answer = (): void => void response.writeHead(200, { "content-length": 0 }).end();
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
});

async function keep(request: IncomingMessage): Promise<void> {
  isSampling = false;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  sample = { headers, body: Buffer.concat(chunks).toString("utf8") };
}

function count(): void {
  arrived += 1;
  if (arrived === 1) firstMs = performance.now();
  if (expected === null || arrived < expected.count) return;
  expected.counted.resolve({ ms: performance.now() - firstMs });
  expected = null;
}

answerParent({
  /** Counts from one again; answers at once. */
  expect: (given) => {
    arrived = 0;
    expected = { count: given as number, counted: Promise.withResolvers<Counted>() };
    void expected.counted.promise.then((counted) => (last = counted));
  },
  counted: () => expected?.counted.promise ?? last,
  arrived: () => arrived,
  delay: (given) => {
    delayMs = given as number;
  },
  keepNext: () => {
    isSampling = true;
  },
  sample: () => sample,
});
process.on("SIGTERM", () => process.exit(0));
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", 4_096, () => {
  ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
