// The bare loop that deliveries are compared with: posts the same bytes as often, over as many connections, and does nothing else.
import { Pool } from "undici";
import { answerParent, ready } from "./in-child.ts";
import type { Sample } from "./receiver.ts";

export interface Posting {
  readonly url: string;
  readonly sample: Sample;
  readonly count: number;
  readonly concurrency: number;
}

/** Undici writes these itself. */
const ownHeaders = new Set(["connection", "content-length", "host", "transfer-encoding"]);

async function post({ url, sample, count, concurrency }: Posting): Promise<void> {
  const { origin, pathname } = new URL(url);
  const headers = Object.fromEntries(
    Object.entries(sample.headers).filter(([name]) => !ownHeaders.has(name)),
  );
  const pool = new Pool(origin, { connections: concurrency, pipelining: 1 });
  let left = count;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await pool.request({ path: pathname, method: "POST", headers, body: sample.body });
      await answer.body.dump();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  await pool.close();
}

answerParent({ post: (given) => post(given as Posting) });
process.on("SIGTERM", () => process.exit(0));
ready();
