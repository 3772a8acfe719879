// Accepted jobs per second, against the same route of the same server with a store that remembers nothing.
import { Pool } from "undici";
import { makeApiKey } from "@ringback/core";
import { startChild, type ListeningChild } from "./child.ts";
import { random } from "./ground.ts";
import { paired, type Paired } from "./rounds.ts";

const connections = 64;
const roundMs = 2_000;
const rounds = 5;

export async function measureIntake(): Promise<Paired> {
  const apiKey = makeApiKey(random);
  const [stored, forgotten] = [
    await startChild("intake-server.ts", ["store", apiKey]),
    await startChild("intake-server.ts", ["none", apiKey]),
  ];
  try {
    return await paired(
      rounds,
      () => accepted(stored, apiKey),
      () => accepted(forgotten, apiKey),
    );
  } finally {
    await Promise.all([stored.stop(), forgotten.stop()]);
  }
}

async function accepted(server: ListeningChild, apiKey: string): Promise<number> {
  const pool = new Pool(server.url, { connections, pipelining: 1 });
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const body = JSON.stringify({ kind: "noop", input: { text: "x".repeat(400) }, metadata: { order: "A-1" } });
  const startedMs = performance.now();
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startedMs < roundMs) {
      const answer = await pool.request({ path: "/v1/jobs", method: "POST", headers, body });
      if (answer.statusCode !== 202)
        throw new Error(`intake answered ${answer.statusCode}: ${await answer.body.text()}`);
      await answer.body.dump();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  const seconds = (performance.now() - startedMs) / 1_000;
  await pool.close();
  return count / seconds;
}
