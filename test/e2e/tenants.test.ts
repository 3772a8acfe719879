import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiAnswer, ApiClient } from "../support/api-client.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

/** Every route that takes an id, with a place for it. */
const routes = [
  ["job", "GET", "/v1/jobs/{id}"],
  ["job", "GET", "/v1/jobs/{id}/status"],
  ["job", "GET", "/v1/jobs/{id}/result"],
  ["job", "GET", "/v1/jobs/{id}/events"],
  ["job", "DELETE", "/v1/jobs/{id}"],
  ["endpoint", "GET", "/v1/endpoints/{id}"],
  ["delivery", "GET", "/v1/deliveries/{id}"],
  ["delivery", "POST", "/v1/deliveries/{id}/redeliver"],
  ["delivery", "GET", "/v1/dead-letters/{id}"],
  ["delivery", "POST", "/v1/dead-letters/{id}/redeliver"],
] as const;

const unknown = {
  job: "job_01kat5vqt8fkz9m0w4r1x2y3z4",
  endpoint: "ep_01kat5vqt8fkz9m0w4r1x2y3z4",
  delivery: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4",
} as const;

/** The answer without what differs from request to request. */
function comparable(answer: ApiAnswer): unknown {
  const headers = [...answer.headers].filter(
    ([name]) => !["date", "x-request-id", "request-id"].includes(name),
  );
  return {
    status: answer.status,
    headers,
    text: answer.text.replaceAll(/"requestId":"[^"]*"/g, '"requestId":""'),
  };
}

describe("F124 what belongs to another tenant", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  let owner: ApiClient;
  let stranger: ApiClient;
  let theirs: Record<keyof typeof unknown, string>;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver(() => 410)]);
    [owner, stranger] = await Promise.all([server.clientOf("owner"), server.clientOf("stranger")]);
    const answer = await owner.expect(201, "/v1/endpoints", {
      method: "POST",
      body: { url: `${receiver.origin}/owner`, events: ["endpoint.test"], retry: [] },
    });
    const callback = { url: `${receiver.origin}/inline` };
    const job = await owner.submit({
      kind: "e2e.echo",
      input: "private",
      callback,
      metadata: { of: "owner" },
    });
    await owner.waitForJob(job.id, (current) => current.callback?.deliveries.dead === 1);
    const [delivery] = await owner.deliveriesOf(job.id);
    theirs = { job: job.id, endpoint: (answer.json as { id: string }).id, delivery: delivery?.id ?? "" };
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  test.each(routes)(
    "%s: %s %s answers exactly as for an id that never existed",
    async (noun, method, route) => {
      const [forTheirs, forUnknown] = await Promise.all(
        [theirs[noun], unknown[noun]].map((id) => stranger.call(route.replace("{id}", id), { method })),
      );
      expect(forTheirs?.status).toBe(404);
      expect(comparable(forTheirs!)).toEqual(comparable(forUnknown!));
    },
  );

  test.each(routes.filter(([, method]) => method === "GET"))(
    "%s: %s %s is there for its owner",
    async (noun, _method, route) => {
      const answer = await owner.call(route.replace("{id}", theirs[noun]), {
        headers: { accept: "application/json" },
      });
      expect([200, 303]).toContain(answer.status);
    },
  );

  test.each([
    "/v1/jobs",
    "/v1/jobs?metadata.of=owner",
    "/v1/endpoints",
    "/v1/deliveries",
    "/v1/deliveries?jobId={job}",
    "/v1/deliveries?endpointId={endpoint}",
    "/v1/dead-letters",
    "/v1/events",
  ])("does not appear in %s", async (route) => {
    const path = route.replace("{job}", theirs.job).replace("{endpoint}", theirs.endpoint);
    const { json } = await stranger.expect(200, path);
    expect((json as { readonly data: readonly unknown[] }).data).toEqual([]);
  });

  test("cannot be named by a callback", async () => {
    const answers = await Promise.all(
      [theirs.endpoint, unknown.endpoint].map((endpointId) =>
        stranger.call("/v1/jobs", { method: "POST", body: { kind: "e2e.echo", callback: { endpointId } } }),
      ),
    );
    const [forTheirs, forUnknown] = answers.map(comparable);
    expect(answers[0]).toMatchObject({ status: 422, json: { code: "callback-endpoint-unknown" } });
    expect(forTheirs).toEqual(forUnknown);
  });

  test("a result link opens one result, of one job, for nobody else's", async () => {
    const large = await owner.submit({
      kind: "e2e.large",
      input: { characters: 25_000 },
      callback: { url: `${receiver.origin}/large` },
    });
    await owner.waitForDone(large.id);
    const request = await receiver.waitFor(({ path }) => path === "/large");
    const { resultUrl } = (JSON.parse(request.body.toString("utf8")) as { data: { resultUrl: string } }).data;

    expect((await fetch(resultUrl)).status).toBe(200);
    expect((await fetch(resultUrl.replace(large.id, theirs.job))).status).toBeGreaterThanOrEqual(401);
  });
});
