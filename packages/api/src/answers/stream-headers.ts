// The headers of every `text/event-stream`.

export const streamHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache, no-transform",
  // Asks reverse proxies (nginx and those that follow it) not to hold frames back.
  "x-accel-buffering": "no",
} as const;
