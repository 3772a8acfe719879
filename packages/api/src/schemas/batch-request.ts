// The body of `POST /v1/jobs/batch`.
import { z } from "zod";

export const batchRequestSchema = z.strictObject({
  /** Each as the body of `POST /v1/jobs`; every job is judged by itself. */
  jobs: z.array(z.unknown()).min(1, "must hold at least one job"),
});
