import { describe, expect, onTestFinished, test } from "vitest";
import type { DeliveryDetailJson, DeliveryJson, JobJson } from "../support/api-shapes.ts";
import { startReceiver, type Receiver, type Script } from "../support/receiver.ts";
import { seeded } from "../support/seed.ts";
import { whyUnverified } from "../support/verify-callback.ts";
import { whsec } from "../support/whsec.ts";
import { makeChaosHome, type ChaosHome } from "./chaos-home.ts";
import type { Fault } from "./named-fault.ts";

const chance = seeded("chaos/delivery-points");
const secret = whsec("delivery-points");
const killed = { code: null, signal: "SIGKILL" };

interface Interrupted {
  readonly home: ChaosHome;
  readonly receiver: Receiver;
  readonly job: JobJson;
  /** The job's only delivery, once it is over. */
  ended(): Promise<DeliveryDetailJson>;
}

interface Interruption extends Fault {
  readonly script?: Script;
  /** Registers an endpoint with this policy; without one the callback is inline. */
  readonly retry?: readonly number[];
}

/** A job whose delivery is cut by a kill, after which a server without faults is started on the same file. */
async function interruptedDelivery(interruption: Interruption): Promise<Interrupted> {
  const { script, retry } = interruption;
  const home = makeChaosHome();
  const receiver = await startReceiver(script);
  onTestFinished(() => home.dispose());
  onTestFinished(() => receiver.close());
  const faulty = await home.startWithFault(interruption);
  const url = `${receiver.origin}/callback`;
  const callback = retry === undefined ? { url, secret } : { endpointId: await registered(home, url, retry) };
  const job = await home.client.submit({ kind: "chaos.echo", input: interruption.at, callback });
  expect(await faulty.exited).toEqual(killed);
  await home.start();
  return { home, receiver, job, ended: () => endedDelivery(home, job.id) };
}

async function registered(home: ChaosHome, url: string, retry: readonly number[]): Promise<string> {
  const body = { url, events: ["endpoint.test"], retry };
  const answer = await home.client.expect(201, "/v1/endpoints", { method: "POST", body });
  return (answer.json as { readonly id: string }).id;
}

async function endedDelivery(home: ChaosHome, jobId: string): Promise<DeliveryDetailJson> {
  await home.client.waitForJob(jobId, ({ done, callback }) => done && callback?.deliveries.pending === 0);
  const [delivery, ...more] = await home.client.deliveriesOf(jobId);
  expect(more).toEqual([]);
  return home.client.delivery(delivery?.id ?? "");
}

function outcomes({ attempts }: DeliveryDetailJson): readonly string[] {
  return attempts.map(({ n, outcome }) => `${n} ${outcome}`);
}

describe("a server killed while it delivers", () => {
  test("F79 killed after the send and before the record: outcome_unknown, then sent again under the same webhook-id", async () => {
    const { receiver, ended } = await interruptedDelivery({ at: "before-record" });

    const delivery = await ended();

    expect(outcomes(delivery)).toEqual(["1 outcome_unknown", "2 delivered"]);
    expect(receiver.requests).toHaveLength(2);
    const [first, second] = receiver.requests;
    expect(second?.webhookId).toBe(first?.webhookId);
    expect(second?.body).toEqual(first?.body);
    expect(receiver.requests.map((request) => whyUnverified(request, secret))).toEqual([null, null]);
    expect(receiver.requests.map(({ headers }) => headers["webhook-attempt"])).toEqual(["1", "2"]);
  });

  test("F80 killed before the send: the claim is the record of an attempt nobody saw, and it is sent after all", async () => {
    const { receiver, ended } = await interruptedDelivery({ at: "before-send" });

    const delivery = await ended();

    expect(outcomes(delivery)).toEqual(["1 outcome_unknown", "2 delivered"]);
    expect(receiver.requests.map(({ headers }) => headers["webhook-attempt"])).toEqual(["2"]);
  });

  test("F81 killed after the last attempt was recorded: dead with its dead letter, and nothing more is sent", async () => {
    const { home, receiver, ended } = await interruptedDelivery({
      at: "after-record",
      attempt: 2,
      script: () => 500,
      retry: [100],
    });

    const delivery = await ended();

    expect(delivery.status).toBe("dead");
    expect(outcomes(delivery)).toEqual(["1 failed", "2 failed"]);
    expect(receiver.requests).toHaveLength(2);
    await expect(deadLetterIds(home)).resolves.toEqual([delivery.id]);
  });

  test("F81 killed inside the transaction that would end it: dead and dead letter come together, or not yet", async () => {
    const { home, receiver, ended } = await interruptedDelivery({
      at: "in-record",
      attempt: 2,
      afterMicroseconds: chance.whole(0, 1_000),
      script: () => 500,
      retry: [100],
    });

    const delivery = await ended();

    expect(delivery.status).toBe("dead");
    expect(receiver.requests).toHaveLength(delivery.attempts.length);
    expect([
      ["1 failed", "2 failed"],
      ["1 failed", "2 outcome_unknown", "3 failed"],
    ]).toContainEqual(outcomes(delivery));
    await expect(deadLetterIds(home)).resolves.toEqual([delivery.id]);
  });
});

async function deadLetterIds(home: ChaosHome): Promise<readonly string[]> {
  return (await home.client.listAll<DeliveryJson>("/v1/dead-letters")).map(({ id }) => id);
}
