// The benchmark: each figure beside its bare counterpart, measured in turn in one run. Figures drift, ratios stay.
import { measureDeliveries } from "./deliveries.ts";
import { measureIntake } from "./intake.ts";
import type { Paired } from "./rounds.ts";

const parts: readonly (readonly [string, string, () => Promise<Paired>])[] = [
  ["accepted/s", "same route, no store", measureIntake],
  ["deliveries/s", "bare undici loop", measureDeliveries],
];

console.log("                 Ringback   against                      bare    ratio (min … max)");
for (const [name, against, measure] of parts) {
  const { ours, bare, ratio } = await measure();
  const spread = `${ratio.median.toFixed(2)}  (${ratio.min.toFixed(2)} … ${ratio.max.toFixed(2)})`;
  console.log(
    `${name.padEnd(15)} ${ours.toFixed(0).padStart(9)}   ${against.padEnd(22)} ${bare.toFixed(0).padStart(10)}    ${spread}`,
  );
}
process.exit(0);
