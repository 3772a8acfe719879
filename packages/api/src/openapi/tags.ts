// The chapters of the document, in reading order.
export const tags = {
  Jobs: "Submit a job, poll it, read its result, cancel it.",
  Events: "What has happened, for clients that cannot be called: the same signed bytes as the webhooks.",
  Endpoints: "Registered receivers of webhooks.",
  "Callback secret": "The secret that signs a job's callbacks and the feed.",
  Deliveries: "Every delivery with all its attempts, and redelivering one.",
  "Dead letters": "Deliveries that were given up.",
  Operations: "Whether the process lives and is ready, and these pages. Needs no key.",
} as const;

export type Tag = keyof typeof tags;
