// `npm run demo`: twenty jobs over real webhooks, then a receiver that is down and comes back; it prints only what it observes.
import { performance } from "node:perf_hooks";
import { showBrokenReceiver } from "./broken-receiver.ts";
import { printTable } from "./checks.ts";
import { openScreen } from "./screen.ts";
import { enterStage } from "./stage.ts";
import { showTwentyJobs } from "./twenty-jobs.ts";

const startedAt = performance.now();
const screen = openScreen(process.stdout);
const stage = await enterStage();
for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    screen.endLive();
    void stage.leave().finally(() => process.exit(exitCode));
  });
}

try {
  const server = await stage.home.start();
  screen.line(
    `${screen.paint.strong("Ringback")} listens on ${server.url}, the receiver on ${stage.receiver.origin}`,
  );
  const checks = [...(await showTwentyJobs(stage, screen)), ...(await showBrokenReceiver(stage, screen))];
  process.exitCode = printTable(screen, checks, performance.now() - startedAt) ? 0 : 1;
} catch (thrown) {
  screen.line("");
  screen.line(`${screen.paint.mark(false)} The demo broke off.`);
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  process.stderr.write(stage.home.output());
  process.exitCode = 1;
} finally {
  await stage.leave();
}
