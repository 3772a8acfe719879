// The demo's promises: what held and what did not, each written down at the moment it was observed.
import type { Screen } from "./screen.ts";

export interface Check {
  readonly holds: boolean;
  readonly text: string;
}

/** Prints the closing table; true when every promise held. */
export function printTable(screen: Screen, checks: readonly Check[], elapsedMs: number): boolean {
  const { paint, line } = screen;
  const failed = checks.filter((check) => !check.holds).length;
  screen.heading("What held");
  for (const { holds, text } of checks) line(`  ${paint.mark(holds)} ${text}`);
  line("");
  const seconds = (elapsedMs / 1_000).toFixed(1);
  line(
    failed === 0
      ? `  ${paint.good(`All ${checks.length} held`)}, in ${seconds} s.`
      : `  ${paint.bad(`${failed} of ${checks.length} did not hold`)}, in ${seconds} s.`,
  );
  return failed === 0;
}
