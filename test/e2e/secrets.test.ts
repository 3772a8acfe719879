import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { DeliveryJson } from "../support/api-shapes.ts";
import type { ApiAnswer, ApiClient, ApiRequest } from "../support/api-client.ts";
import { startReceiver } from "../support/receiver.ts";
import { whsec } from "../support/whsec.ts";
import { makeHome } from "./e2e-home.ts";

const canary = "CANARY-7f3b1c";
const secret = whsec(canary);

/** Calls and keeps every answer, to be searched at the end. */
function recording(client: ApiClient): {
  call(path: string, request?: ApiRequest): Promise<ApiAnswer>;
  texts: string[];
} {
  const texts: string[] = [];
  return {
    texts,
    async call(path, request) {
      const answer = await client.call(path, request);
      texts.push(`${JSON.stringify([...answer.headers])}${answer.text}`);
      return answer;
    },
  };
}

test("G10 I10 no payload, header value, URL query, secret or key stands in any log, at debug level; no answer repeats a secret", async () => {
  const home = makeHome({ settings: { RINGBACK_LOG_LEVEL: "debug" } });
  onTestFinished(() => home.dispose());
  const receiver = await startReceiver(({ path }) =>
    path.startsWith("/fails") ? { status: 500, body: `refused: ${canary}` } : 204,
  );
  onTestFinished(() => receiver.close());
  const server = await home.start();
  const { call, texts } = recording(home.client);
  const post = (path: string, body: unknown, headers = {}): Promise<ApiAnswer> =>
    call(path, { method: "POST", body, headers });

  const endpoint = await post("/v1/endpoints", {
    url: `${receiver.origin}/fails?token=${canary}`,
    events: ["endpoint.test"],
    retry: [],
    headers: { "x-api-key": canary },
  });
  const { id: endpointId, secret: endpointSecret } = endpoint.json as { id: string; secret: string };
  texts.length = 0;
  const callback = {
    url: `${receiver.origin}/takes?token=${canary}`,
    headers: { authorization: `Bearer ${canary}` },
    secret,
  };
  const jobs = [
    { kind: "e2e.echo", input: { text: canary }, metadata: { note: canary }, callback },
    { kind: "e2e.echo", input: canary, callback: { endpointId } },
    { kind: "e2e.throws", input: { what: canary }, callback },
    {
      kind: "http",
      input: { url: `${receiver.origin}/takes?q=${canary}`, headers: { "x-api-key": canary }, body: canary },
    },
  ];
  for (const job of jobs) {
    const accepted = await post("/v1/jobs", job, { "idempotency-key": `${canary}-${texts.length}` });
    expect(accepted.status).toBe(202);
    const { id } = accepted.json as { id: string };
    await home.client.waitForJob(
      id,
      (current) => current.done && (current.callback?.deliveries.pending ?? 0) === 0,
    );
    for (const path of ["", "/status", "/result"]) await call(`/v1/jobs/${id}${path}`);
  }
  // What goes wrong is the likelier place for a leak.
  await post("/v1/jobs", `{"kind": "${canary}`);
  await post("/v1/jobs", { kind: canary });
  await post("/v1/jobs", { kind: "e2e.checked", input: { count: canary } });
  await post("/v1/jobs", { kind: "e2e.echo", callback: { url: `http://10.0.0.1/?token=${canary}` } });
  await call(`/v1/${canary}?token=${canary}`, { headers: { authorization: `Bearer ${canary}` } });
  for (const { id } of await home.client.listAll<DeliveryJson>("/v1/deliveries"))
    await call(`/v1/deliveries/${id}`);
  for (const path of ["/v1/jobs", "/v1/endpoints", "/v1/dead-letters", "/v1/events"]) await call(path);
  await receiver.waitFor(({ headers }) => headers["authorization"] === `Bearer ${canary}`);
  await receiver.waitFor(({ headers, path }) => path.startsWith("/fails") && headers["x-api-key"] === canary);
  expect((await server.terminate()).code).toBe(0);

  const logs = home.output();
  expect(logs.split("\n").length, "the debug log says something").toBeGreaterThan(3);
  for (const hidden of [canary, secret, endpointSecret, home.apiKey, home.apiKey.slice(-38)]) {
    expect(logs).not.toContain(hidden);
  }
  const answers = texts.join("\n");
  for (const hidden of [secret, endpointSecret, home.apiKey, `Bearer ${canary}`, `token=${canary}`]) {
    expect(answers).not.toContain(hidden);
  }
  const stored = readdirSync(home.folder).map((name) => readFileSync(join(home.folder, name)));
  for (const hidden of [secret, endpointSecret, home.apiKey, `Bearer ${canary}`]) {
    expect(stored.some((bytes) => bytes.includes(hidden))).toBe(false);
  }
});
