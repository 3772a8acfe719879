// The bodies of calls about one dead letter.
import { z } from "zod";
import { reasonField } from "./reason-request.ts";

/** Why it need not arrive; it is told to whoever looks at the dead letter, and in the audit. */
export const discardRequestSchema = z
  .strictObject({ reason: z.string().trim().min(1).max(500) })
  .meta({ id: "DiscardRequest" });

/** What the support desk writes to itself; null takes it away. */
export const noteRequestSchema = z
  .strictObject({ note: z.string().trim().min(1).max(2_000).nullable(), reason: reasonField })
  .meta({ id: "NoteRequest" });
