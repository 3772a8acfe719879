// What can go wrong below the API: the part of the catalogue that the store is to blame for.
import { status } from "../answers/status.ts";

export const storeProblems = {
  "store-unavailable": {
    status: status.unavailable,
    title: "The database cannot be reached",
    meaning: "Nothing was changed and nothing was accepted; the same request may be sent again.",
    causes: ["The database is down, restarting, or busy."],
    fix: "Try again after `Retry-After`, with the same Idempotency-Key.",
  },
  "master-key-missing": {
    status: status.unavailable,
    title: "A master key is missing",
    meaning:
      "Stored secrets are sealed with a master key that the server does not have, so what needs them, or would seal new ones, has to wait. Nothing was changed; jobs whose callback brings no headers and no secret of its own are taken, and what is owed is held.",
    causes: [
      "RINGBACK_MASTER_KEY is another key than the one the secrets were sealed with.",
      "A former key was dropped while something was still sealed with it.",
    ],
    fix: "As the operator, list the key that `/readyz` names in RINGBACK_FORMER_MASTER_KEYS, or set RINGBACK_MASTER_KEY to it. Everybody else tries again after `Retry-After`.",
  },
  "storage-full": {
    status: status.full,
    title: "The disk is full",
    meaning: "Nothing can be accepted until there is space; reading still works. Nothing was changed.",
    causes: ["The volume of the database has no space left."],
    fix: "Free space; Ringback goes on by itself. Then send the same request again.",
  },
} as const;
