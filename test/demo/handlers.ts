// The demo's handlers module, as a user would write one: its default export is a list of job kinds.
import { setTimeout as pause } from "node:timers/promises";
import { defineJob } from "@ringback/core";
import { z } from "zod";
import { DigestBuilder } from "./digest.ts";
import { readArchive } from "./github-archive.ts";

const archive = readArchive();
const batch = 25;

const input = z.strictObject({
  /** Where in the archive to begin, and how many payloads to read. */
  from: z
    .int()
    .min(0)
    .max(archive.length - 1),
  count: z.int().min(1).max(archive.length),
  /** Waits this long after every 25 payloads, so that people can watch; 0 does not wait. */
  paceMs: z.int().min(0).max(1_000).default(0),
});

const githubDigest = defineJob({
  kind: "github.digest",
  input,
  runTimeoutMs: 60_000,
  async run({ from, count, paceMs }, { signal, progress }) {
    const builder = new DigestBuilder();
    const payloads = archive.slice(from, from + count);
    for (const [index, webhook] of payloads.entries()) {
      builder.add(webhook);
      const read = index + 1;
      if (read % batch !== 0) continue;
      progress((100 * read) / payloads.length, `${read} of ${payloads.length} payloads`);
      await pause(paceMs, undefined, { signal });
    }
    return builder.finish();
  },
});

export default [githubDigest];
