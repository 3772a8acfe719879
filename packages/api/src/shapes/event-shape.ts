// An event: in a job's list, in the feed, and as the body of a webhook.
import { z } from "zod";
import { headersShape, idShape, instantShape, jobIdShape } from "./fields.ts";
import { jobShape } from "./job-shape.ts";

export const eventShape = z
  .strictObject({
    id: idShape("evt").describe("The `webhook-id`."),
    type: z.string(),
    timestamp: instantShape,
    data: jobShape.describe("The job as it was then."),
  })
  .meta({ id: "Event" });

export const feedShape = z
  .strictObject({
    data: z.array(
      z.strictObject({
        id: idShape("evt").describe("The `webhook-id`, the same as the webhook's."),
        type: z.string(),
        timestamp: instantShape,
        job: jobIdShape.optional(),
        headers: headersShape.describe("What signs `body`: verify it as you would a webhook."),
        body: z.string().describe("The very text a webhook carries."),
      }),
    ),
    cursor: z.string().describe("Pass it as `after`, also when `data` is empty."),
    hasMore: z.boolean().describe("True when the next answer needs no waiting."),
  })
  .meta({ id: "Feed" });

/** The body of a webhook that tells of a job. */
export const webhookShape = z
  .strictObject({
    type: z.string(),
    timestamp: instantShape.describe("When it happened."),
    data: jobShape.describe("The job. Over 20 kB of result, `result` is left out and `resultUrl` stands in."),
  })
  .meta({ id: "JobWebhook" });

/** What `POST /v1/events` answers. */
export const toldEventShape = z
  .strictObject({
    event: z
      .strictObject({
        id: idShape("evt").describe("The `webhook-id` that every receiver gets it under."),
        type: z.string(),
        timestamp: instantShape,
        data: z.unknown(),
      })
      .meta({ id: "OwnEvent" }),
    deliveries: z.int().min(0).describe("How many endpoints it is owed to."),
  })
  .meta({ id: "ToldEvent" });
