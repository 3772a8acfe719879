// What the proof does to a store, as plain data, so that a failing run can be shrunk and made again on the other adapter.
import {
  array,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record as recordOf,
  tuple,
  type Arbitrary,
} from "fast-check";

/** `pick` chooses among what there is by then, whatever its number. */
export type Command =
  | { readonly kind: "submit"; readonly callback: "none" | "inline" | 0 | 1; readonly maxRuns: number }
  | { readonly kind: "tell"; readonly type: "own.first" | "own.second"; readonly key: number | null }
  | { readonly kind: "claimRun" }
  | {
      readonly kind: "endRun";
      readonly pick: number;
      readonly how: "succeed" | "fail" | "failForGood" | "release";
    }
  | { readonly kind: "cancel"; readonly pick: number }
  | { readonly kind: "takeDeliveries" }
  | { readonly kind: "record"; readonly pick: number; readonly code: "ok" | "http_5xx" | "no_retry" | "gone" }
  /** A claim is taken back before its attempt was begun. */
  | { readonly kind: "unclaim"; readonly pick: number }
  /** Lanes and replays that are held are released. */
  | { readonly kind: "giveBack" }
  | { readonly kind: "redeliver"; readonly pick: number }
  | { readonly kind: "discard"; readonly pick: number }
  | {
      readonly kind: "replay";
      readonly filter: "all" | "endpoint" | "no_retry";
      readonly order: "oldest" | "newest";
      readonly ratePerSecond: number;
      readonly stopAfterFailureRatio: number | null;
    }
  /** What is free is claimed, and of all that is held a step is made. */
  | { readonly kind: "workReplays"; readonly limit: number }
  | {
      readonly kind: "changeReplay";
      readonly pick: number;
      readonly verb: "pause" | "resume" | "cancel";
    }
  | { readonly kind: "pause"; readonly endpoint: 0 | 1 }
  | { readonly kind: "resume"; readonly endpoint: 0 | 1 }
  | { readonly kind: "rotate" }
  | { readonly kind: "tick"; readonly ms: number }
  /** Everything that was held is lost, and found again when its leases are over. */
  | { readonly kind: "crash" };

const pick = nat(99);
const endpoint = constantFrom(0 as const, 1 as const);
const only = <Kind extends Command["kind"]>(kind: Kind) => constant({ kind });

const submit = recordOf({
  kind: constant("submit" as const),
  callback: constantFrom("none" as const, "inline" as const, 0 as const, 1 as const),
  maxRuns: integer({ min: 1, max: 2 }),
});
const tell = recordOf({
  kind: constant("tell" as const),
  type: constantFrom("own.first" as const, "own.second" as const),
  key: option(nat(2)),
});
const endRun = recordOf({
  kind: constant("endRun" as const),
  pick,
  how: constantFrom("succeed" as const, "fail" as const, "failForGood" as const, "release" as const),
});
const record = recordOf({
  kind: constant("record" as const),
  pick,
  code: constantFrom(
    "ok" as const,
    "http_5xx" as const,
    "http_5xx" as const,
    "no_retry" as const,
    "gone" as const,
  ),
});
const replay = recordOf({
  kind: constant("replay" as const),
  filter: constantFrom("all" as const, "endpoint" as const, "no_retry" as const),
  order: constantFrom("oldest" as const, "newest" as const),
  // One that is waited for, and one that is not.
  ratePerSecond: constantFrom(1, 1_000),
  stopAfterFailureRatio: constantFrom(null, 0, 0.5),
});
const workReplays = recordOf({ kind: constant("workReplays" as const), limit: constantFrom(1, 1, 2, 5) });
const changeReplay = recordOf({
  kind: constant("changeReplay" as const),
  pick,
  verb: constantFrom(
    "pause" as const,
    "pause" as const,
    "resume" as const,
    "resume" as const,
    "resume" as const,
    "cancel" as const,
  ),
});
const tick = recordOf({
  kind: constant("tick" as const),
  // Less than a lease, about a retry, and beyond the overlap of a rotation.
  ms: constantFrom(500, 5_000, 60_000),
});

const unclaim = recordOf({ kind: constant("unclaim" as const), pick });
const redeliver = recordOf({ kind: constant("redeliver" as const), pick });
const discard = recordOf({ kind: constant("discard" as const), pick });
const pause = recordOf({ kind: constant("pause" as const), endpoint });
const resume = recordOf({ kind: constant("resume" as const), endpoint });

/** What makes things go on comes more often than what disturbs. */
const anything: Arbitrary<readonly Command[]> = array(
  oneof(
    { weight: 4, arbitrary: submit },
    { weight: 2, arbitrary: tell },
    { weight: 4, arbitrary: only("claimRun") },
    { weight: 4, arbitrary: endRun },
    { weight: 5, arbitrary: only("takeDeliveries") },
    { weight: 6, arbitrary: record },
    { weight: 2, arbitrary: recordOf({ kind: constant("cancel" as const), pick }) },
    { weight: 1, arbitrary: only("giveBack") },
    { weight: 2, arbitrary: unclaim },
    { weight: 1, arbitrary: redeliver },
    { weight: 1, arbitrary: discard },
    { weight: 1, arbitrary: replay },
    { weight: 1, arbitrary: workReplays },
    { weight: 1, arbitrary: pause },
    { weight: 1, arbitrary: resume },
    { weight: 1, arbitrary: only("rotate") },
    { weight: 2, arbitrary: tick },
    { weight: 1, arbitrary: only("crash") },
  ),
  { minLength: 30, maxLength: 70, size: "max" },
);

/** Six deliveries, most of which die. */
const dying: Arbitrary<readonly Command[]> = array(
  recordOf({
    kind: constant("record" as const),
    pick,
    code: constantFrom("no_retry" as const, "no_retry" as const, "gone" as const, "http_5xx" as const),
  }),
  { minLength: 6, maxLength: 6 },
).map((records) => [
  ...Array.from({ length: 3 }, () => ({ kind: "tell", type: "own.first", key: null }) as const),
  { kind: "takeDeliveries" },
  ...records,
  { kind: "giveBack" },
  { kind: "resume", endpoint: 0 },
  { kind: "resume", endpoint: 1 },
]);

/** What is due is sent, and somebody hears of some of it how it went. */
const sending: Arbitrary<readonly Command[]> = array(record, { minLength: 1, maxLength: 3 }).map(
  (records) => [{ kind: "takeDeliveries" }, ...records, { kind: "giveBack" }],
);

const alone = (command: Arbitrary<Command>): Arbitrary<readonly Command[]> => command.map((one) => [one]);

/** What becomes of them when they are replayed, while others have to do with them as well. */
const replaying: Arbitrary<readonly Command[]> = array(
  oneof(
    { weight: 7, arbitrary: alone(workReplays) },
    { weight: 6, arbitrary: sending },
    { weight: 1, arbitrary: alone(replay) },
    { weight: 2, arbitrary: alone(changeReplay) },
    { weight: 2, arbitrary: alone(tick) },
    { weight: 1, arbitrary: alone(oneof(redeliver, discard, pause, resume, unclaim, only("crash"))) },
  ),
  { minLength: 14, maxLength: 20, size: "max" },
).map((phrases) => phrases.flat());

export const commands: Arbitrary<readonly Command[]> = oneof(
  anything,
  tuple(dying, replay, replaying).map(([deaths, made, replays]) => [...deaths, made, ...replays]),
);
