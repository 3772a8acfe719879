// The part of the store port that clients' requests change jobs through: accepting, canceling, erasing results.
import type { Job, JobWithPayloads, NewJob } from "../job/job.ts";
import type { Admission, NotAdmitted } from "../tenant/admission.ts";
import type { EventIntake } from "./event-intake.ts";
import type { IdempotencyUse, KeyReused } from "./idempotency.ts";
import type { Instant } from "./time.ts";

export interface IntakeStore extends EventIntake {
  /** Accepts jobs: job, input, idempotency key, `job.queued` event if somebody asked for it, and ring, in one commit. */
  acceptJobs(items: readonly Acceptance[], now: Instant): Promise<Accepted[]>;
  /** Accepts all of them or none: when one is refused, the others are `withheld` and nothing is written. */
  acceptTogether(items: readonly Acceptance[], now: Instant): Promise<Accepted[]>;
  /** Queued: ends as canceled, with its event. Running: notes the request and rings its runner. */
  cancelJobs(items: readonly JobKey[], now: Instant): Promise<CancelAnswer[]>;
  /** Erases the results of jobs that succeeded, and leaves others as they are; each job as it is then, null when unknown. */
  eraseResults(items: readonly JobKey[], now: Instant): Promise<(Job | null)[]>;
}

export interface JobKey {
  readonly tenantId: string;
  readonly jobId: string;
}

export interface Acceptance {
  readonly job: NewJob;
  /** Where an inline callback's deliveries queue up: its origin and host. Null without an inline callback. */
  readonly receiver: { readonly origin: string; readonly host: string } | null;
  readonly idempotency: IdempotencyUse | null;
  /** When the client has made the job's id itself: what makes the request the same, as above. */
  readonly ownId?: { readonly requestHash: string };
  /** What holds for the tenant's unfinished jobs and for everybody's; without it nothing does. Replays are always answered. */
  readonly admission?: Admission;
}

export type Accepted =
  | NotAdmitted
  | { readonly kind: "accepted"; readonly job: JobWithPayloads }
  /** The key, or the client's own id, has been used for the same request; the job as it is now. */
  | { readonly kind: "replayed"; readonly job: JobWithPayloads }
  | KeyReused
  /** The client's own id is that of another request's job. */
  | { readonly kind: "id_reused"; readonly jobId: string }
  /** The callback names an endpoint that the tenant does not have. */
  | { readonly kind: "no_endpoint" }
  /** Nothing speaks against this one, but against another that was to be accepted together with it. */
  | { readonly kind: "withheld" };

export type CancelAnswer =
  /** It is canceled: by this call, or it was already. */
  | { readonly kind: "canceled"; readonly job: JobWithPayloads }
  | { readonly kind: "requested"; readonly job: JobWithPayloads }
  | { readonly kind: "finished"; readonly job: JobWithPayloads }
  | { readonly kind: "not_found" };
