// The demo's second part: a receiver answers 500 until its dead letter, is repaired, and gets the same webhook by redelivery.
import type { DeliveryDetailJson, DeliveryJson, PageJson } from "../support/api-shapes.ts";
import type { ReceivedRequest } from "../support/receiver.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { waitUntil } from "../support/wait-until.ts";
import type { Check } from "./checks.ts";
import { wrap, type Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";

const path = "/broken";
/** Short enough to watch; the default takes about 75 hours. */
const retry = { baseMs: 400, factor: 2, capMs: 5_000, maxAttempts: 4 };
const timeoutMs = 10_000;

export async function showBrokenReceiver(stage: Stage, screen: Screen): Promise<readonly Check[]> {
  const { paint } = screen;
  screen.heading(
    `A registered endpoint answers 500; its policy is ${retry.maxAttempts} attempts, ${retry.baseMs} ms × ${retry.factor}`,
  );
  stage.receiver.answerWith((request) => (request.path === path ? 500 : 204));
  const endpoint = await registerEndpoint(stage);
  const failed = await watchFailing(stage, screen, endpoint);

  const dead = await deadLetterOf(stage, endpoint.id);
  screen.line(`  ${paint.mark(dead.status === "dead")} dead letter ${dead.id}`);
  for (const line of wrap(dead.explain, 90)) screen.line(`    ${paint.faint(line)}`);

  stage.receiver.answerWith(() => 204);
  screen.line("  The receiver is repaired; support redelivers.");
  await stage.home.client.expect(202, `/v1/deliveries/${dead.id}/redeliver`, { method: "POST" });
  const again = (await stage.receiver.waitForCount(failed.length + 1, isBroken, timeoutMs)).at(-1);
  const delivered = await waitUntil(() => stage.home.client.delivery(dead.id), {
    holds: ({ status }) => status === "delivered",
    timeoutMs,
    what: "delivered redelivery",
  });
  const isSame = again !== undefined && failed.every(({ webhookId }) => webhookId === again.webhookId);
  const isVerified = again !== undefined && whyUnverified(again, endpoint.secret) === null;
  screen.line(
    `  ${paint.mark(isSame)} attempt ${delivered.attempts.length} answered 204; webhook-id ${isSame ? "as before" : "changed"}: ${again?.webhookId ?? "none"}`,
  );
  const left = await deadLetters(stage, endpoint.id);
  return [
    backoffCheck(failed),
    {
      holds: dead.status === "dead" && dead.explain !== "",
      text: `after ${dead.attempts.length} attempts a dead letter, with a sentence that explains it`,
    },
    { holds: isSame && isVerified, text: "the redelivery was taken: same webhook-id, verified signature" },
    { holds: left.length === 0, text: "the dead letter is resolved" },
  ];
}

interface BrokenEndpoint {
  readonly id: string;
  readonly secret: string;
}

/** Of jobs it wants no events of its own: it only hears of the one whose callback names it. */
async function registerEndpoint(stage: Stage): Promise<BrokenEndpoint> {
  const body = { url: `${stage.receiver.origin}${path}`, events: ["endpoint.test"], retry };
  return (await stage.home.client.expect(201, "/v1/endpoints", { method: "POST", body }))
    .json as BrokenEndpoint;
}

async function watchFailing(
  stage: Stage,
  screen: Screen,
  endpoint: BrokenEndpoint,
): Promise<readonly ReceivedRequest[]> {
  await stage.home.client.submit({
    kind: "github.digest",
    input: { from: 0, count: 25 },
    callback: { endpointId: endpoint.id },
  });
  const seen: ReceivedRequest[] = [];
  for (let attempt = 1; attempt <= retry.maxAttempts; attempt += 1) {
    const request = (await stage.receiver.waitForCount(attempt, isBroken, timeoutMs))[attempt - 1];
    if (request === undefined) throw new Error(`attempt ${attempt} was counted and is not there`);
    const before = seen.at(-1);
    const gap = before === undefined ? "" : `, ${request.at - before.at} ms after the one before`;
    screen.line(
      `  ${screen.paint.bad("500")} attempt ${request.headers["webhook-attempt"] ?? "?"} at ${clockTime(request.at)}${gap}`,
    );
    seen.push(request);
  }
  return seen;
}

function isBroken(request: ReceivedRequest): boolean {
  return request.path === path;
}

function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 23);
}

async function deadLetters(stage: Stage, endpointId: string): Promise<readonly DeliveryJson[]> {
  const answer = await stage.home.client.expect(200, `/v1/dead-letters?endpointId=${endpointId}`);
  return (answer.json as PageJson<DeliveryJson>).data;
}

/** The last attempt is recorded a moment after the receiver has answered it. */
async function deadLetterOf(stage: Stage, endpointId: string): Promise<DeliveryDetailJson> {
  const [letter] = await waitUntil(() => deadLetters(stage, endpointId), {
    holds: (letters) => letters.length > 0,
    timeoutMs,
    what: "dead letter",
  });
  return stage.home.client.delivery(letter?.id ?? "");
}

/** Each pause lies within the policy's delay ± 20 %, plus what a busy machine may add. */
function backoffCheck(requests: readonly ReceivedRequest[]): Check {
  const pauses = requests.slice(1).map((request, index) => request.at - (requests[index]?.at ?? 0));
  const holds = pauses.every((pauseMs, index) => {
    const plannedMs = Math.min(retry.capMs, retry.baseMs * retry.factor ** index);
    return pauseMs >= plannedMs * 0.8 - 5 && pauseMs <= plannedMs * 1.2 + 500;
  });
  return {
    holds: holds && pauses.length === retry.maxAttempts - 1,
    text: `the pauses between attempts grew as the policy says: ${pauses.map((pauseMs) => `${pauseMs} ms`).join(", ")}`,
  };
}
