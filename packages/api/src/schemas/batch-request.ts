// The body of `POST /v1/jobs/batch`.
import { z } from "zod";
import { documentedAs } from "./documented-as.ts";
import { jobRequestSchema } from "./job-request.ts";

export const batchRequestSchema = z
  .strictObject({
    jobs: z
      .array(documentedAs(z.unknown(), jobRequestSchema))
      .min(1, "must hold at least one job")
      .describe(
        "Each as the body of `POST /v1/jobs`, and judged by itself; 500 at most unless set otherwise.",
      ),
  })
  .meta({ id: "BatchRequest" });
