// What every storm stands on: receivers with moods, moments that are counted in events, and the audit at its end.
import { onTestFinished } from "vitest";
import type { DeliveryJson, JobJson } from "../support/api-shapes.ts";
import { audit } from "../support/auditor.ts";
import { bounded } from "../support/bounded.ts";
import { startReceiver, type Receiver, type Script } from "../support/receiver.ts";
import type { Seeded } from "../support/seed.ts";
import type { ServerHome } from "../support/server-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startStormLoad, stormCanary, stormSecret, type StormLoad } from "./storm-load.ts";

export interface Storm {
  readonly load: StormLoad;
  /** Resolves after some more 202s, or after some more requests at a receiver; rejects when they do not come. */
  moment(): Promise<void>;
  /** Ends the load, waits until everything is over, and has it audited; prints one line. What the auditor found. */
  endAndAudit(what: string): Promise<readonly string[]>;
}

/** From the last fault until everything is over (G6). */
const overWithinMs = 45_000;
const clients = 6;

/** The home's server must be up. */
export async function startStorm(home: ServerHome, chance: Seeded): Promise<Storm> {
  const steady = await openReceiver(slowNowAndThen(chance));
  const moody = await openReceiver(failsNowAndThen(chance));
  const endpoint = await registerEndpoint(home, moody);
  const load = startStormLoad({ home, chance, steady, endpointId: endpoint.id, clients });
  return {
    load,
    async moment() {
      await bounded(momentOf(chance, load, steady, moody), 30_000, () => "moment for the next fault");
    },
    async endAndAudit(what) {
      const lastFaultAt = Date.now();
      await bounded(load.end(), overWithinMs, () => "end of the load");
      await waitUntil(() => unfinished(home), {
        holds: (left) => left.length === 0,
        timeoutMs: overWithinMs - (Date.now() - lastFaultAt),
        what: "end of all jobs and deliveries",
      });
      const received = [...steady.requests, ...moody.requests];
      const violations = await audit({
        client: home.client,
        accepted: load.accepted,
        unanswered: load.unanswered,
        received,
        canary: { text: stormCanary, logs: home.output() },
        secretOf: (request) => (steady.requests.includes(request) ? stormSecret : endpoint.secret),
      });
      const again = received.filter(({ occurrence }) => occurrence > 1).length;
      const seconds = ((Date.now() - lastFaultAt) / 1_000).toFixed(1);
      const counts = `${load.accepted.length} accepted, ${load.unanswered.length} unanswered, ${received.length} requests, ${again} of them sent again`;
      process.stdout.write(`${what}, ${counts}; over and audited ${seconds} s after the last\n`);
      return violations;
    },
  };
}

async function openReceiver(script: Script): Promise<Receiver> {
  const receiver = await startReceiver(script);
  onTestFinished(() => receiver.close());
  return receiver;
}

/** The kill comes after some more 202s, or after some more requests at a receiver. */
function momentOf(
  chance: Seeded,
  load: { afterAccepted(count: number): Promise<void> },
  ...receivers: readonly Receiver[]
): Promise<unknown> {
  if (chance.unit() < 0.5) return load.afterAccepted(chance.whole(1, 60));
  const receiver = chance.pick(receivers);
  return receiver.waitForCount(receiver.requests.length + chance.whole(1, 20), () => true, 20_000);
}

function slowNowAndThen(chance: Seeded): Script {
  return async () => {
    if (chance.unit() < 0.2) await delay(chance.whole(1, 30));
    return 204;
  };
}

/** Three of ten requests fail, in one way or another; the endpoint's policy outlasts that. */
function failsNowAndThen(chance: Seeded): Script {
  return async () => {
    const mood = chance.unit();
    if (mood < 0.2) return 500;
    if (mood < 0.3) return "reset";
    if (mood < 0.5) await delay(chance.whole(1, 50));
    return 200;
  };
}

function delay(byMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, byMs);
  });
}

async function registerEndpoint(home: ServerHome, moody: Receiver): Promise<{ id: string; secret: string }> {
  const retry = Array.from({ length: 12 }, () => 100);
  const body = { url: `${moody.origin}/moody`, events: ["endpoint.test"], retry };
  const answer = await home.client.expect(201, "/v1/endpoints", { method: "POST", body });
  return answer.json as { id: string; secret: string };
}

/**
 * Jobs first, in one look: a job that ends between the two leaves its delivery for the second. Right after a fault a look may find
 * the store unavailable; that is no end, so it is looked again.
 */
async function unfinished(home: ServerHome): Promise<readonly string[]> {
  try {
    return await owed(home);
  } catch (thrown) {
    if (String(thrown).includes(": 503 instead of 200")) return ["an answer other than 503"];
    throw thrown;
  }
}

async function owed(home: ServerHome): Promise<readonly string[]> {
  const jobs = await home.client.listAll<JobJson>("/v1/jobs?status=queued,running&limit=100");
  const deliveries = await home.client.listAll<DeliveryJson>("/v1/deliveries?status=pending&limit=100");
  return [...jobs, ...deliveries].map(({ id }) => id);
}
