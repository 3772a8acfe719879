// What Ringback sends: the webhook of every event type, and the callbacks of a submitted job.
import { jobEventTypes, type JobEventType } from "@ringback/core";
import { webhookShape } from "../shapes/event-shape.ts";
import type { Components, Json } from "./components.ts";
import { exampleWebhook } from "./example-webhook.ts";

const headers: Readonly<Record<string, string>> = {
  "webhook-id": "The event's id, the same over every attempt and redelivery: drop what you have had.",
  "webhook-timestamp": "Seconds since 1970, of this attempt.",
  "webhook-signature":
    "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`; several, with spaces, while a secret is rotated.",
  "webhook-attempt": "1 for the first attempt.",
};

const meanings: Readonly<Record<JobEventType, string>> = {
  "job.queued": "A job was accepted",
  "job.started": "A run of a job has begun",
  "job.progress": "A handler reported progress",
  "job.succeeded": "A job has a result",
  "job.failed": "A job failed for good",
  "job.canceled": "A job was canceled",
};

/** The document's `webhooks`. */
export function webhooksJson(components: Components): Json {
  return Object.fromEntries(
    jobEventTypes.map((type) => [
      type,
      {
        post: {
          operationId: `webhook${pascal(type)}`,
          summary: meanings[type],
          ...sentJson(type, components),
        },
      },
    ]),
  );
}

/** The `callbacks` of a call that takes a `callback`: one request for every event it asked for. */
export function callbackJson(operationId: string, components: Components): Json {
  return {
    jobEvent: {
      "{$request.body#/callback/url}": {
        post: {
          operationId: `callback${pascal(operationId)}`,
          summary: "What happened to the job",
          description:
            "Signed with `callback.secret`, or else with the tenant's callback secret. By default sent once the job is done.",
          ...sentJson("job.succeeded", components),
        },
      },
    },
  };
}

function sentJson(type: JobEventType, components: Components): Json {
  return {
    security: [],
    parameters: Object.entries(headers).map(([name, description]) => ({
      name,
      in: "header",
      required: true,
      description,
      schema: { type: "string" },
    })),
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: { ...components.schemaOf(webhookShape) },
          examples: { [type.slice("job.".length)]: { value: exampleWebhook(type) } },
        },
      },
    },
    responses: {
      "2XX": { description: "Delivered: a complete header block within the deadline (15 s) is enough." },
      "410": { description: "Never again: this delivery is dead, and a registered endpoint is paused." },
      "429": { description: "Not now; `Retry-After` is obeyed." },
      "503": { description: "Not now; `Retry-After` is obeyed." },
      default: {
        description:
          "Tried again with growing delays, 10 attempts over about 75 hours; redirects are never followed.",
        headers: {
          "webhook-no-retry": {
            description: "`true` ends the delivery at once.",
            required: false,
            schema: { type: "string" },
          },
        },
      },
    },
  };
}

function pascal(type: string): string {
  return type.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
