// What a job is told that was not admitted, and the limits it was judged by.
import type { Admission, NotAdmitted } from "@ringback/core";
import type { ApiSettings } from "../api-deps.ts";
import { refusal, type Refusal } from "../problems/refusal.ts";

export function admissionOf({ tenantUnfinishedMax, backlogMax }: ApiSettings): Admission {
  return { unfinishedMax: tenantUnfinishedMax, backlogMax };
}

export function refusedJob(refused: NotAdmitted): Refusal {
  if (refused.kind === "over_quota") {
    return refusal(
      "quota-exceeded",
      `The tenant has ${refused.unfinishedMax} unfinished jobs or more, which is its limit; nothing was accepted.`,
      { headers: { "retry-after": "5" } },
    );
  }
  return refusal(
    "overloaded",
    "This installation has as many unfinished jobs as it takes on; nothing was accepted.",
    {
      headers: { "retry-after": "10" },
    },
  );
}
