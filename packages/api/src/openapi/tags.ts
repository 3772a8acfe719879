// The chapters of the document, in reading order.
export const tags = {
  Jobs: "Submit a job, poll it, read its result, cancel it.",
  Leases: "Working jobs in any language: lease some, beat while they run, say how they ended.",
  Events: "What has happened, for clients that cannot be called: the same signed bytes as the webhooks.",
  Endpoints: "Registered receivers of webhooks.",
  "Callback secret": "The secret that signs a job's callbacks and the feed.",
  Deliveries: "Every delivery with all its attempts, and redelivering one.",
  "Dead letters": "Deliveries that were given up: by cause, redelivered, discarded, exported.",
  Replays: "Redelivering many dead letters as one operation that is watched, paused and canceled.",
  Keys: "API keys: making one, which is shown once, and revoking it.",
  Tenants: "Tenants and their limits. The operator makes and changes them.",
  Audit: "Who did what, when and why.",
  Operations: "Whether the process lives and is ready, and these pages. Needs no key.",
} as const;

export type Tag = keyof typeof tags;
