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
  | { readonly kind: "releaseLanes" }
  | { readonly kind: "redeliver"; readonly pick: number }
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
const tick = recordOf({
  kind: constant("tick" as const),
  // Less than a lease, about a retry, and beyond the overlap of a rotation.
  ms: constantFrom(500, 5_000, 60_000),
});

/** What makes things go on comes more often than what disturbs. */
export const commands: Arbitrary<readonly Command[]> = array(
  oneof(
    { weight: 4, arbitrary: submit },
    { weight: 2, arbitrary: tell },
    { weight: 4, arbitrary: only("claimRun") },
    { weight: 4, arbitrary: endRun },
    { weight: 5, arbitrary: only("takeDeliveries") },
    { weight: 6, arbitrary: record },
    { weight: 1, arbitrary: recordOf({ kind: constant("cancel" as const), pick }) },
    { weight: 1, arbitrary: only("releaseLanes") },
    { weight: 1, arbitrary: recordOf({ kind: constant("redeliver" as const), pick }) },
    { weight: 1, arbitrary: recordOf({ kind: constant("pause" as const), endpoint }) },
    { weight: 1, arbitrary: recordOf({ kind: constant("resume" as const), endpoint }) },
    { weight: 1, arbitrary: only("rotate") },
    { weight: 2, arbitrary: tick },
    { weight: 1, arbitrary: only("crash") },
  ),
  { minLength: 30, maxLength: 80, size: "max" },
);
