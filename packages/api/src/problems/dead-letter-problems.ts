// What can go wrong with dead letters and replays: the part of the catalogue that the support desk meets.
import { status } from "../answers/status.ts";

export const deadLetterProblems = {
  "dead-letter-resolved": {
    status: status.conflict,
    title: "The dead letter has been delivered",
    meaning: "Its delivery was redelivered and has arrived, so there is nothing left to discard.",
    causes: ["Somebody redelivered it, singly or by a replay, since the list was read."],
    fix: "Read the list again; what has arrived is no longer in it.",
  },
  "endpoint-deleted": {
    status: status.conflict,
    title: "The delivery's endpoint has been deleted",
    meaning:
      "The delivery went to a registered endpoint that is no more, so there is nowhere to send it; nothing was changed.",
    causes: ["Somebody deleted the endpoint since the delivery was made."],
    fix: "Register the receiver anew (`POST /v1/endpoints`) for what happens from now on, and hand over this event from the feed (`GET /v1/events`), which has the same bytes.",
  },
  "replay-running": {
    status: status.conflict,
    title: "A replay of the same dead letters is not over",
    meaning:
      "A replay with the same filter is preparing, running, paused or stopped; a second one would send everything twice. `replay` names it.",
    causes: ["The request was sent twice.", "Somebody else has begun the same replay, or has paused one."],
    fix: "Follow the replay that is named, resume it, or cancel it and try again.",
  },
  "replay-finished": {
    status: status.conflict,
    title: "The replay is over",
    meaning: "A replay that is completed or canceled cannot be paused, resumed or canceled.",
    causes: ["It ended before the request arrived."],
    fix: "Begin a new replay; what has been delivered meanwhile is not part of it.",
  },
  "too-many-replays": {
    status: status.conflict,
    title: "Too many replays are not over",
    meaning: "A tenant may have 20 replays that are preparing, running, paused or stopped.",
    causes: ["Replays that were paused, or stopped by their own rule, and never resumed or canceled."],
    fix: "Cancel those that are not needed (`GET /v1/replays`), or wait until one is completed.",
  },
} as const;
