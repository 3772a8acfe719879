// What a batch is answered with: every job of it, or why it was refused, in the order of the request.
import { z } from "zod";
import { countShape } from "./fields.ts";
import { jobShape } from "./job-shape.ts";
import { problemShape } from "./problem-shape.ts";

export const batchShape = z
  .strictObject({
    jobs: z.array(
      z.strictObject({
        index: countShape.describe("Its place in the request, from 0."),
        job: jobShape.describe("The accepted job.").optional(),
        problem: problemShape.describe("Why this one was not accepted; stands instead of `job`.").optional(),
      }),
    ),
  })
  .meta({ id: "Batch" });
