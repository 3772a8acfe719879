// The verbs of the stories about dead letters and replays.
import type { DeadLetter, DeadLetterFilter } from "@ringback/core";
import { only, present, tenantId, type Ending, type Scene } from "./scene.ts";

export interface DeadLetterStories {
  /** A delivery that has died like this, to `https://<host>`; its id. */
  die(ending?: Ending, host?: string): Promise<string>;
  /** So many that have died, a millisecond apart, the first to die first. */
  dieOften(count: number): Promise<string[]>;
  /** Makes the one attempt that is due of that delivery's lane end like this. */
  attemptAgain(ending?: Ending): Promise<void>;
  letter(deliveryId: string): Promise<DeadLetter>;
  /** Ids of the open dead letters, or of those of the filter, the last to die first. */
  listed(filter?: DeadLetterFilter): Promise<string[]>;
  redeliver(deliveryId: string): Promise<void>;
  discard(deliveryId: string): Promise<"discarded" | "resolved" | null>;
}

export const dead: Ending = { code: "no_retry", status: 400, detail: "It said no." };

export function deadLetterStories(scene: Scene): DeadLetterStories {
  const { store } = scene;
  const stories: DeadLetterStories = {
    async die(ending = dead, host = "example.com") {
      const accepted = scene.acceptance(
        {
          callback: {
            url: `https://${host}/done?token=t`,
            events: ["job.succeeded"],
            headers: {},
            secret: null,
          },
        },
        { receiver: { origin: `https://${host}`, host } },
      );
      await store.intake.acceptJobs([accepted], scene.now());
      await scene.endRun(only(await scene.claimRuns()));
      await stories.attemptAgain(ending);
      const { items } = await store.reads.listDeliveries(
        tenantId,
        { jobId: accepted.job.id },
        { after: null, limit: 9 },
      );
      return only(items).id;
    },
    async dieOften(count) {
      const ids: string[] = [];
      for (let at = 0; at < count; at += 1) {
        ids.push(await stories.die());
        scene.pass(1);
      }
      return ids;
    },
    async attemptAgain(ending = {}) {
      const lane = await scene.holdLane();
      await scene.record(lane, only(await scene.claimDeliveries(lane)), ending);
      await store.lanes.release([lane], scene.now());
    },
    letter: async (deliveryId) => present(await store.reads.getDeadLetter(tenantId, deliveryId)).deadLetter,
    async listed(filter = {}) {
      const { items } = await store.reads.listDeadLetters(tenantId, filter, { after: null, limit: 50 });
      return items.map(({ delivery }) => delivery.id);
    },
    async redeliver(deliveryId) {
      only(await store.support.redeliver([{ tenantId, deliveryId }], scene.now()));
    },
    discard: (deliveryId) =>
      store.support.discard({ tenantId, deliveryId }, "of no use any more", scene.now()),
  };
  return stories;
}
