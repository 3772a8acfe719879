// The auditor: judges a storm from outside by the log of every 202, the receivers' logs and the API, and names each violation.
// It checks the invariants I1 to I12 as far as the API shows them; who started the storm decides what a violation means.
import type { ApiClient } from "./api-client.ts";
import type { AttemptJson, DeliveryDetailJson, DeliveryJson, JobJson } from "./api-shapes.ts";
import type { ReceivedRequest } from "./receiver.ts";
import { whyUnverified } from "./verify-callback.ts";

/** A submission that was answered 202. */
export interface AcceptedSubmission {
  /** The submission's own mark, repeated as `metadata.mark` of its job. */
  readonly mark: string;
  readonly jobId: string;
}

export interface AuditInput {
  readonly client: ApiClient;
  readonly accepted: readonly AcceptedSubmission[];
  /** Marks of submissions whose 202 never arrived; each may have made one job, or none. */
  readonly unanswered: readonly string[];
  readonly received: readonly ReceivedRequest[];
  /** What a request must verify with. */
  readonly secretOf: (request: ReceivedRequest) => string;
  /** A client of another tenant, which must not reach any of the jobs. */
  readonly stranger?: ApiClient;
  /** Text that must not stand in `logs`. */
  readonly canary?: { readonly text: string; readonly logs: string };
}

/** One sentence per violation, each beginning with its invariant; empty when everything held. */
export async function audit(input: AuditInput): Promise<readonly string[]> {
  const jobs = await input.client.listAll<JobJson>("/v1/jobs?limit=100");
  const listed = await input.client.listAll<DeliveryJson>("/v1/deliveries?limit=100");
  const deliveries = await Promise.all(listed.map((delivery) => input.client.delivery(delivery.id)));
  const polled = await Promise.all(jobs.map((job) => input.client.job(job.id)));
  return [
    ...acceptance(input, polled),
    ...polled.flatMap((job) => jobViolations(job)),
    ...deliveries.flatMap((delivery) => deliveryViolations(delivery, input.received)),
    ...everyJobTold(polled, deliveries),
    ...receivedViolations(input, polled, deliveries),
    ...(await strangerViolations(input)),
    ...canaryViolations(input),
  ];
}

/** I1 every 202 has a job; I8 the jobs are exactly those accepted, and at most one for each unanswered submission. */
function acceptance(input: AuditInput, jobs: readonly JobJson[]): string[] {
  const found = new Map(jobs.map((job) => [job.id, job]));
  const violations: string[] = [];
  for (const { mark, jobId } of input.accepted) {
    const job = found.get(jobId);
    if (job === undefined) violations.push(`I1: ${jobId} was accepted and is gone`);
    else if (job.metadata["mark"] !== mark)
      violations.push(`I1: ${jobId} is not the job that was accepted as ${mark}`);
  }
  const explained = new Set([...input.accepted.map(({ mark }) => mark), ...input.unanswered]);
  const seen = new Set<string>();
  for (const job of jobs) {
    const mark = String(job.metadata["mark"]);
    if (!explained.has(mark)) violations.push(`I8: ${job.id} was never submitted`);
    if (seen.has(mark)) violations.push(`I8: submission ${mark} made more than one job`);
    seen.add(mark);
  }
  return violations;
}

/** I2 nothing is stuck; I7 a job that ended has exactly one outcome. */
function jobViolations(job: JobJson): string[] {
  if (!job.done) return [`I2: ${job.id} is still ${job.status}`];
  const violations: string[] = [];
  if (job.status === "failed" && job.error === undefined)
    violations.push(`I7: ${job.id} failed without an error`);
  if (job.status !== "failed" && job.error !== undefined)
    violations.push(`I7: ${job.id} is ${job.status} with an error`);
  if (job.finishedAt === undefined) violations.push(`I7: ${job.id} is ${job.status} without finishedAt`);
  return violations;
}

function deliveryViolations(delivery: DeliveryDetailJson, received: readonly ReceivedRequest[]): string[] {
  const { id, attempts, status } = delivery;
  const violations: string[] = [];
  const say = (text: string): void => void violations.push(`${text} (delivery ${id})`);
  if (status === "pending") say("I2: still pending");
  attempts.forEach((attempt, index) => {
    if (attempt.n !== index + 1) say(`I4: attempt ${index + 1} is numbered ${attempt.n}`);
    const before = attempts[index - 1];
    if (before !== undefined) pairViolations(before, attempt).forEach(say);
  });
  const last = attempts.at(-1);
  if (status === "delivered" && last?.outcome !== "delivered")
    say("I5: delivered without a delivered attempt at the end");
  receiptViolations(delivery, received).forEach(say);
  return violations;
}

/** I3 one attempt at a time; I5 only a redelivery follows a delivered attempt; I11 no attempt before it was due. */
function pairViolations(before: AttemptJson, after: AttemptJson): string[] {
  const violations: string[] = [];
  const began = Date.parse(after.startedAt);
  const isAutomatic = after.trigger === "auto";
  if (
    before.outcome !== "outcome_unknown" &&
    Date.parse(before.startedAt) + before.durationMs > began + clockStepMs
  ) {
    violations.push(`I3: attempt ${after.n} began before attempt ${before.n} had ended`);
  }
  if (before.outcome === "delivered" && isAutomatic)
    violations.push(`I5: attempt ${after.n} follows a delivered one`);
  const dueAt = Date.parse(before.retryAt ?? "");
  if (isAutomatic && began < dueAt - clockStepMs)
    violations.push(`I11: attempt ${after.n} began before it was due`);
  return violations;
}

/** Start and duration are rounded to milliseconds, each by itself. */
const clockStepMs = 2;

/**
 * G3: every request is an attempt (one that was left without an answer on a kept connection may have been sent a second
 * time within it, F93), and every receipt beyond the first is explained by an attempt that could not know.
 */
function receiptViolations(delivery: DeliveryDetailJson, received: readonly ReceivedRequest[]): string[] {
  const { attempts, eventId, status } = delivery;
  const paths = new Set(attempts.map((attempt) => attempt.url));
  const own = received.filter((request) => request.webhookId === eventId && isOneOf(paths, request));
  const taken = own.filter((request) => isSuccess(request.answeredStatus)).length;
  const unknown = attempts.filter((attempt) => attempt.outcome === "outcome_unknown").length;
  const asked = attempts.filter((attempt) => attempt.trigger !== "auto").length;
  const violations: string[] = [];
  const unanswered = own.filter((request) => request.answeredStatus === null).length;
  if (own.length > attempts.length + unanswered) {
    violations.push(`I4: ${own.length} requests arrived, but only ${attempts.length} attempts are recorded`);
  }
  if (taken > 1 + unknown + asked) {
    violations.push(
      `G3: taken ${taken} times, but only ${unknown} unknown outcomes and ${asked} redeliveries explain it`,
    );
  }
  if (status === "delivered" && taken === 0) {
    const said = attempts.map(({ n, outcome, code, startedAt }) => `${n} ${outcome} ${code} at ${startedAt}`);
    const arrived = own.map(({ at, answeredStatus }) => `${answeredStatus} at ${new Date(at).toISOString()}`);
    violations.push(
      `G2: said to be delivered, but no receiver took it; attempts: ${said.join(", ")}; requests: ${arrived.join(", ")}`,
    );
  }
  return violations;
}

function isOneOf(urls: ReadonlySet<string>, request: ReceivedRequest): boolean {
  return urls.has(`http://${request.headers["host"] ?? ""}${request.path.replace(/\?.*$/s, "")}`);
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status <= 299;
}

/** G2: a job that ended and has a callback for its end has a delivery for it. */
function everyJobTold(jobs: readonly JobJson[], deliveries: readonly DeliveryDetailJson[]): string[] {
  const told = new Set(deliveries.map((delivery) => delivery.jobId));
  return jobs
    .filter((job) => job.done && job.callback !== undefined && !told.has(job.id))
    .map((job) => `G2: ${job.id} ended and nothing is owed to its callback`);
}

interface WebhookBody {
  readonly type: string;
  readonly data: JobJson;
}

/** I6 one webhook-id per delivery, always the same bytes; I7 the result told is the result kept; I12 every request verifies. */
function receivedViolations(
  input: AuditInput,
  jobs: readonly JobJson[],
  deliveries: readonly DeliveryDetailJson[],
): string[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const events = new Set(deliveries.map((delivery) => delivery.eventId));
  const bodies = new Map<string, string>();
  const idsOfEnd = new Map<string, string>();
  const violations: string[] = [];
  for (const request of input.received) {
    const { webhookId } = request;
    const reason = whyUnverified(request, input.secretOf(request));
    if (reason !== null) {
      violations.push(`I12: a request with webhook-id ${webhookId} does not verify: ${reason}`);
      continue;
    }
    if (!events.has(webhookId)) violations.push(`I6: webhook-id ${webhookId} belongs to no delivery`);
    const text = request.body.toString("utf8");
    if ((bodies.get(webhookId) ?? text) !== text)
      violations.push(`I6: webhook-id ${webhookId} came with different bytes`);
    bodies.set(webhookId, text);
    const { type, data } = JSON.parse(text) as WebhookBody;
    const end = `${data.id} ${type}`;
    if ((idsOfEnd.get(end) ?? webhookId) !== webhookId)
      violations.push(`I6: ${end} came with two webhook-ids`);
    idsOfEnd.set(end, webhookId);
    violations.push(...toldViolations(data, byId.get(data.id)));
  }
  return violations;
}

function toldViolations(told: JobJson, kept: JobJson | undefined): string[] {
  if (kept === undefined) return [`I1: a receiver was told of ${told.id}, which does not exist`];
  if (!told.done) return [];
  if (told.status !== kept.status) return [`I5: ${told.id} was told as ${told.status} and is ${kept.status}`];
  const isSame = told.resultUrl !== undefined || JSON.stringify(told.result) === JSON.stringify(kept.result);
  return isSame ? [] : [`I7: ${told.id} has another result than its receiver was told`];
}

/** I9: what one tenant made, another cannot reach. */
async function strangerViolations(input: AuditInput): Promise<string[]> {
  const { stranger, accepted } = input;
  if (stranger === undefined) return [];
  const answers = await Promise.all(accepted.map(({ jobId }) => stranger.call(`/v1/jobs/${jobId}`)));
  return answers.flatMap((answer, index) =>
    answer.status === 404
      ? []
      : [`I9: ${accepted[index]?.jobId ?? ""} answers ${answer.status} to another tenant`],
  );
}

/** I10: the canary stands in no log. */
function canaryViolations(input: AuditInput): string[] {
  const { canary } = input;
  return canary !== undefined && canary.logs.includes(canary.text) ? ["I10: the canary stands in a log"] : [];
}
