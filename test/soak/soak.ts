// `npm run soak [-- minutes]`: the embedded server under a steady load of which a third goes to receivers that fail, each in
// another way. Memory, file descriptors and the event loop's lag must stay flat; exit code 1 when one of them does not.
import { openHouse } from "../bench/house/house.ts";
import { embedded } from "../bench/house/embedded.ts";
import { createClosing, type Closing } from "../bench/closing.ts";
import type { Api } from "../bench/load/api.ts";
import { openLoop } from "../bench/load/open-loop.ts";
import { startAnimal, type Animal } from "../support/zoo.ts";
import { vitalsOf, type Vitals } from "./vitals.ts";
import { steadinessOf, type Allowance } from "./steadiness.ts";

const minutesDefault = 10;
const minutesMax = 7 * 24 * 60;
const jobsPerSecond = 25;
const sampleEveryMs = 1_000;
/** A third of them fails. */
const receivers: readonly Animal[] = [
  ...Array<Animal>(6).fill("healthy"),
  ...(["silent", "resets", "broken"] as const),
];
const megabyte = 1_000_000;

/** What each may grow by, and how it is told. */
const figures: Readonly<Record<keyof Vitals, Allowance & { readonly unit: string }>> = {
  residentBytes: { part: 0.1, amount: 20 * megabyte, unit: "MB" },
  descriptors: { part: 0.1, amount: 10, unit: "open" },
  lagMs: { part: 0.5, amount: 10, unit: "ms, 99 %" },
};

const minutes = Number(process.argv[2] ?? minutesDefault);
if (!(minutes > 0 && minutes <= minutesMax)) {
  console.error(
    `npm run soak -- <minutes>, more than 0 and at most ${minutesMax}; ${minutesDefault} without.`,
  );
  process.exit(2);
}
const closing = createClosing();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void closing.close().finally(() => process.exit(130)));
}
try {
  const samples = await soak(minutes * 60_000, closing);
  process.exitCode = report(samples) ? 0 : 1;
} finally {
  await closing.close();
}

async function soak(forMs: number, closed: Closing): Promise<readonly Vitals[]> {
  const urls = await startReceivers(closed);
  const house = await openHouse(embedded, closed);
  const server = await house.start();
  const child = server.process("all");
  const samples: Vitals[] = [];
  const sampling = setInterval(() => {
    void vitalsOf(child).then((vitals) => samples.push(vitals));
  }, sampleEveryMs);
  closed.add(() => clearInterval(sampling));
  console.log(`${jobsPerSecond} jobs a second for ${forMs / 60_000} min, to ${urls.length} receivers …`);
  await openLoop({
    perSecond: jobsPerSecond,
    forMs,
    send: (n) => submit(server.api, urls[n % urls.length] ?? ""),
  });
  clearInterval(sampling);
  await requireDelivered(server.api);
  return samples;
}

async function startReceivers(closed: Closing): Promise<readonly string[]> {
  const urls: string[] = [];
  for (const name of receivers) {
    const receiver = await startAnimal(name);
    closed.add(() => receiver.close());
    urls.push(receiver.url);
  }
  return urls;
}

async function submit(api: Api, url: string): Promise<void> {
  await api.post("/v1/jobs", { kind: "bench.noop", callback: { url } }, 202);
}

/** A server that does nothing is flat as well. */
async function requireDelivered(api: Api): Promise<void> {
  for (const status of ["delivered", "pending"]) {
    const { data } = await api.get<{ data: readonly unknown[] }>(`/v1/deliveries?status=${status}&limit=1`);
    if (data.length === 0) throw new Error(`nothing is ${status} in the end, so nothing was shown`);
  }
}

function report(samples: readonly Vitals[]): boolean {
  let areFlat = true;
  for (const [name, { unit, ...allowance }] of Object.entries(figures)) {
    const { first, last, isFlat } = steadinessOf(
      samples.map((vitals) => vitals[name as keyof Vitals]),
      allowance,
    );
    const [before, after] = [first, last].map((value) =>
      (unit === "MB" ? value / megabyte : value).toFixed(1),
    );
    console.log(`${isFlat ? "flat " : "GROWS"}  ${name.padEnd(14)} ${before} → ${after} ${unit}`);
    areFlat &&= isFlat;
  }
  return areFlat;
}
