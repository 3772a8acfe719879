// The demo's first part: twenty digests are submitted, run, called back, verified, and polled as a second opinion.
import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import type { JobJson } from "../support/api-shapes.ts";
import type { ReceivedRequest } from "../support/receiver.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import type { Check } from "./checks.ts";
import type { Digest } from "./digest.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

const jobCount = 20;
const payloadsPerJob = 300;
const payloadsBetweenJobs = 22;
const paceMs = 110;
const submissionsPerLine = 5;
const timeoutMs = 15_000;

/** `whsec_` and 24 bytes or more in base64; each receiver chooses its own. */
const secret = `whsec_${Buffer.from("the demo's own receiver secret!!").toString("base64")}`;

interface Submission {
  readonly number: string;
  readonly job: JobJson;
  readonly acceptedMs: number;
  readonly acceptedAt: number;
}

interface JobSeen {
  readonly submission: Submission;
  readonly percents: readonly number[];
  readonly unverified: string | null;
  readonly isEqual: boolean;
  readonly digest: Digest | undefined;
}

export async function showTwentyJobs(stage: Stage, screen: Screen): Promise<readonly Check[]> {
  screen.heading(`${jobCount} jobs of kind github.digest, each over ${payloadsPerJob} real GitHub webhooks`);
  const submissions = await submitAll(stage, screen);
  screen.line("");
  const board = new Map<string, string>();
  const seen = await Promise.all(
    submissions.map((submission) => follow(stage, { submission, board, screen })),
  );
  screen.endLive();
  showDigest(screen, seen[0]?.digest);
  return checksOf(seen);
}

/** One after the other, so that each time is that of a single request. */
async function submitAll(stage: Stage, screen: Screen): Promise<readonly Submission[]> {
  const submissions: Submission[] = [];
  let row = "";
  for (let index = 0; index < jobCount; index += 1) {
    const submission = await submit(stage, index);
    submissions.push(submission);
    row += `  ${submission.number} 202 ${`${submission.acceptedMs.toFixed(1)} ms`.padEnd(10)}`;
    if (submissions.length % submissionsPerLine !== 0) continue;
    screen.line(row.trimEnd());
    row = "";
  }
  return submissions;
}

async function submit(stage: Stage, index: number): Promise<Submission> {
  const number = String(index + 1).padStart(2, "0");
  const before = performance.now();
  const job = await stage.home.client.submit({
    kind: "github.digest",
    input: { from: index * payloadsBetweenJobs, count: payloadsPerJob, paceMs },
    callback: { url: `${stage.receiver.origin}/digests/${number}`, secret },
  });
  const acceptedAt = performance.now();
  return { number, job, acceptedMs: acceptedAt - before, acceptedAt };
}

interface Following {
  readonly submission: Submission;
  /** What the live line shows: the progress of each running job. */
  readonly board: Map<string, string>;
  readonly screen: Screen;
}

/** Watches one job from both sides: its progress by long poll, its end by callback, and its result by poll. */
async function follow(stage: Stage, following: Following): Promise<JobSeen> {
  const { submission, board, screen } = following;
  const { number, job, acceptedAt } = submission;
  const percents: number[] = [];
  const polled = stage.home.client.waitForJob(
    job.id,
    (current) => {
      const percent = current.progress?.percent;
      if (percent !== undefined && percent !== percents.at(-1)) percents.push(percent);
      if (current.status === "running" && percent !== undefined)
        board.set(number, `${Math.round(percent)} %`);
      if (board.size > 0) screen.live(boardLine(board));
      return current.done;
    },
    timeoutMs,
  );
  const request = await stage.receiver.waitFor(({ path }) => path === `/digests/${number}`, timeoutMs);
  const calledBackMs = performance.now() - acceptedAt;
  const unverified = whyUnverified(request, secret);
  const told = toldJob(request);
  const kept = await polled;
  board.delete(number);
  const isEqual =
    told.status === "succeeded" && kept.status === told.status && isDeepStrictEqual(told.result, kept.result);
  const { paint } = screen;
  const verdict = unverified === null ? "signature verified" : `signature refused: ${unverified}`;
  const after = `${calledBackMs.toFixed(0).padStart(4)} ms`;
  const progress = percents.map((percent) => Math.round(percent)).join(", ");
  screen.line(
    `  ${number} ${paint.mark(unverified === null)} called back after ${after}, ${verdict}   ` +
      `${paint.mark(isEqual)} polled result ${isEqual ? "equal" : "differs"}   ${paint.faint(`progress ${progress} %`)}`,
  );
  return { submission, percents, unverified, isEqual, digest: kept.result as Digest | undefined };
}

function boardLine(board: ReadonlyMap<string, string>): string {
  const running = [...board].toSorted(([left], [right]) => left.localeCompare(right));
  return `  running: ${running.map(([number, percent]) => `${number} ${percent.padStart(4)}`).join("    ")}`;
}

function toldJob(request: ReceivedRequest): JobJson {
  return (JSON.parse(request.body.toString("utf8")) as { readonly data: JobJson }).data;
}

function showDigest(screen: Screen, digest: Digest | undefined): void {
  if (digest === undefined) return;
  const busiest = Object.entries(digest.events)
    .map(([event, actions]) => ({
      event,
      payloads: Object.values(actions).reduce((sum, each) => sum + each, 0),
    }))
    .toSorted((left, right) => right.payloads - left.payloads)
    .slice(0, 4);
  screen.line("");
  screen.line(`  Job 01 read ${digest.payloads} payloads from ${day(digest.from)} to ${day(digest.until)}`);
  screen.line(`    events        ${busiest.map(({ event, payloads }) => `${event} ${payloads}`).join(", ")}`);
  screen.line(
    `    repositories  ${digest.repositories
      .slice(0, 3)
      .map(({ name, payloads }) => `${name} ${payloads}`)
      .join(", ")}`,
  );
  screen.line(
    `    senders       ${digest.senders
      .slice(0, 4)
      .map(({ name, payloads }) => `${name} ${payloads}`)
      .join(", ")}`,
  );
}

function day(instant: string | null): string {
  return instant?.slice(0, 10) ?? "?";
}

function checksOf(seen: readonly JobSeen[]): readonly Check[] {
  const times = seen.map(({ submission }) => submission.acceptedMs).toSorted((left, right) => left - right);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const all = (text: string, holds: (job: JobSeen) => boolean): Check => {
    const held = seen.filter((job) => holds(job)).length;
    return { holds: held === jobCount, text: `${held} of ${jobCount} ${text}` };
  };
  return [
    all(
      `jobs answered 202 (median ${median.toFixed(1)} ms, slowest ${(times.at(-1) ?? 0).toFixed(1)} ms)`,
      () => true,
    ),
    all("jobs told their progress while they ran", ({ percents }) => percents.length > 0),
    all(
      "callbacks arrived and verify with the npm package standardwebhooks",
      ({ unverified }) => unverified === null,
    ),
    all("polled results equal what the callback brought", ({ isEqual }) => isEqual),
    all(
      `digests cover their ${payloadsPerJob} payloads`,
      ({ digest }) => digest?.payloads === payloadsPerJob,
    ),
  ];
}
