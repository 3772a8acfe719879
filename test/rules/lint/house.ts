// The house's own lint rules, as a plugin for oxlint: what neither imports nor types can show.
import { asyncTransaction } from "./async-transaction.ts";
import { ambientEnvironment, ambientRandomness, ambientTime } from "./ambient.ts";
import { functionLength } from "./function-length.ts";
import { words } from "./words.ts";

export default {
  meta: { name: "house" },
  rules: {
    "function-length": functionLength,
    "no-ambient-environment": ambientEnvironment,
    "no-ambient-randomness": ambientRandomness,
    "no-ambient-time": ambientTime,
    "no-async-transaction": asyncTransaction,
    words,
  },
};
