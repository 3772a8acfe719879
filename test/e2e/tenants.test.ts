import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ApiAnswer, ApiClient } from "../support/api-client.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const unknown = {
  job: "job_01kat5vqt8fkz9m0w4r1x2y3z4",
  endpoint: "ep_01kat5vqt8fkz9m0w4r1x2y3z4",
  delivery: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4",
  replay: "rpl_01kat5vqt8fkz9m0w4r1x2y3z4",
  key: "key_01kat5vqt8fkz9m0w4r1x2y3z4",
  tenant: "nobody",
} as const;
type Noun = keyof typeof unknown;

/** What stands under `/v1/<collection>/{id}`; a collection that is missing here fails the tests. */
const nounUnder: Readonly<Record<string, Noun>> = {
  jobs: "job",
  endpoints: "endpoint",
  deliveries: "delivery",
  "dead-letters": "delivery",
  replays: "replay",
  keys: "key",
  tenants: "tenant",
};

/** A body for what would otherwise be refused before anybody looks for the id. */
const bodies: Readonly<Record<string, object>> = {
  "PATCH /v1/tenants/:id": { limits: { runningMax: 1 } },
  "PATCH /v1/dead-letters/:id": { note: "not mine" },
  "POST /v1/dead-letters/:id/discard": { reason: "not mine" },
};

/** The answer without what differs from request to request. */
function comparable(answer: ApiAnswer): unknown {
  const headers = [...answer.headers].filter(
    ([name]) => !["date", "x-request-id", "request-id", "ratelimit"].includes(name),
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
  let theirs: Record<Noun, string>;
  beforeAll(async () => {
    [server, receiver] = await Promise.all([startInProcess(), startReceiver(() => 410)]);
    [owner, stranger] = await Promise.all([server.clientOf("owner"), server.clientOf("stranger")]);
    const post = async (path: string, body: object): Promise<string> =>
      ((await owner.expect(201, path, { method: "POST", body })).json as { id: string }).id;
    const endpoint = { url: `${receiver.origin}/owner`, events: ["endpoint.test"], retry: [] };
    await post("/v1/endpoints", endpoint);
    // Two of everything, so that every list has a second page.
    const jobs = await Promise.all(
      [1, 2].map(() =>
        owner.submit({
          kind: "e2e.echo",
          input: "private",
          callback: { url: `${receiver.origin}/inline` },
          metadata: { of: "owner" },
        }),
      ),
    );
    for (const { id } of jobs) {
      await owner.waitForJob(id, (current) => current.callback?.deliveries.dead === 1);
    }
    const job = jobs[0]?.id ?? "";
    const [delivery] = await owner.deliveriesOf(job);
    const finishedReplay = async (): Promise<string> => {
      const body = { filter: { host: "nowhere.example" }, reason: "none" };
      const made = await owner.expect(202, "/v1/replays", { method: "POST", body });
      const { id } = made.json as { id: string };
      // The stream ends with the replay.
      await owner.expect(200, `/v1/replays/${id}/events`);
      return id;
    };
    await finishedReplay();
    theirs = {
      job,
      endpoint: await post("/v1/endpoints", endpoint),
      delivery: delivery?.id ?? "",
      replay: await finishedReplay(),
      key: await post("/v1/keys", { scopes: ["jobs"] }),
      tenant: "owner",
    };
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  /** Those of the running server, so that a route is tested from the day it is there. PUT makes what was not there. */
  const withId = () => server.routes.filter(({ method, path }) => path.includes(":id") && method !== "PUT");
  const nounOf = (path: string): Noun => {
    const noun = nounUnder[path.split("/")[2] ?? ""];
    if (noun === undefined) throw new Error(`say in nounUnder what stands under ${path}`);
    return noun;
  };

  test("every route with an id answers exactly as for an id that never existed, and for one that is none", async () => {
    expect(withId().length).toBeGreaterThan(15);
    for (const { method, path } of withId()) {
      const noun = nounOf(path);
      const body = bodies[`${method} ${path}`];
      const ask = (id: string): Promise<ApiAnswer> =>
        stranger.call(path.replace(":id", id), { method, ...(body === undefined ? {} : { body }) });
      const answers = await Promise.all(
        [theirs[noun], unknown[noun], `${theirs[noun]}0`, "none", "%00", "a%2Fb"].map(ask),
      );
      const [first, ...others] = answers.map(comparable);
      expect(answers[0]?.status, `${method} ${path}`).toBe(404);
      for (const other of others) expect(other, `${method} ${path}`).toEqual(first);
    }
  });

  test("a job that is put under the id of another tenant's is a job of one's own, as under any id", async () => {
    const another = await server.clientOf("another");
    const put = (id: string): Promise<ApiAnswer> =>
      another.call(`/v1/jobs/${id}`, { method: "PUT", body: { kind: "e2e.echo", input: "mine" } });
    const [taken, free] = await Promise.all([put(theirs.job), put(unknown.job)]);
    expect([taken.status, free.status]).toEqual([202, 202]);
    expect(Object.keys(taken.json as object)).toEqual(Object.keys(free.json as object));
    await another.waitForDone(theirs.job);
    const resultOf = async (client: ApiClient): Promise<string> =>
      (await client.expect(200, `/v1/jobs/${theirs.job}/result`)).text;
    expect(await resultOf(another)).toContain("mine");
    expect(await resultOf(owner)).toContain("private");
    expect((await stranger.call(`/v1/jobs/${theirs.job}`)).status).toBe(404);
  });

  test("every one of them that reads is there for its owner, so nothing was changed either", async () => {
    for (const { path } of withId().filter(({ method }) => method === "GET")) {
      const answer = await owner.call(path.replace(":id", theirs[nounOf(path)]), {
        headers: { accept: "application/json" },
      });
      expect([200, 303], path).toContain(answer.status);
    }
    expect((await owner.job(theirs.job)).status).toBe("succeeded");
    const letter = await owner.expect(200, `/v1/dead-letters/${theirs.delivery}`);
    expect(letter.json).toMatchObject({ state: "open", status: "dead" });
    expect(letter.json).not.toHaveProperty("note");
    const key = await owner.expect(200, `/v1/keys/${theirs.key}`);
    expect(key.json).toMatchObject({ status: "active" });
    const audit = await owner.expect(200, "/v1/audit");
    const actors = (audit.json as { data: { by?: { tenantId: string } }[] }).data.map(
      ({ by }) => by?.tenantId,
    );
    expect(actors).not.toContain("stranger");
  });

  test("every list's cursor is to others like a text that was made up", async () => {
    const lists = server.routes.filter(
      ({ method, path, access }) => method === "GET" && access !== "open" && !path.includes(":id"),
    );
    const paged: string[] = [];
    for (const { path } of lists) {
      const answer = await owner.call(`${path}?limit=1`);
      const { nextCursor, cursor } = answer.json as { nextCursor?: string; cursor?: string };
      const given = nextCursor ?? cursor;
      if (given === undefined) continue;
      paged.push(path);
      const parameter = nextCursor === undefined ? "after" : "cursor";
      const ask = (text: string): Promise<ApiAnswer> => stranger.call(`${path}?${parameter}=${text}`);
      const [foreign, madeUp] = await Promise.all([ask(given), ask("bm9uc2Vuc2U")]);
      expect(foreign, path).toMatchObject({ status: 400, json: { code: "cursor-invalid" } });
      expect(comparable(foreign), path).toEqual(comparable(madeUp));
      expect((await owner.call(`${path}?${parameter}=${given}`)).status).toBe(200);
    }
    expect(paged.length).toBeGreaterThan(5);
  });

  test("an Idempotency-Key is another one", async () => {
    const headers = { "idempotency-key": "shared" };
    const first = await owner.submit({ kind: "e2e.echo", input: "private" }, headers);
    const third = await server.clientOf("third", ["jobs"]);
    const answer = await third.expect(202, "/v1/jobs", {
      method: "POST",
      body: { kind: "e2e.echo", input: "other" },
      headers,
    });
    expect(answer.headers.get("idempotency-replayed")).toBeNull();
    expect(answer.text).not.toContain(first.id);
  });

  test("keys, tenants and audits are not named by a parameter or a body either", async () => {
    for (const path of ["/v1/keys", "/v1/audit"]) {
      const answers = await Promise.all(
        ["owner", "nobody"].map((tenantId) => stranger.call(`${path}?tenantId=${tenantId}`)),
      );
      expect(answers[0]?.status).toBe(404);
      expect(comparable(answers[0]!)).toEqual(comparable(answers[1]!));
    }
    const making = await Promise.all(
      ["owner", "nobody"].map((tenantId) =>
        stranger.call("/v1/keys", { method: "POST", body: { scopes: ["jobs"], tenantId } }),
      ),
    );
    expect(making[0]?.status).toBe(422);
    expect(comparable(making[0]!)).toEqual(comparable(making[1]!));
  });

  test.each([
    "/v1/jobs",
    "/v1/jobs?metadata.of=owner",
    "/v1/endpoints",
    "/v1/deliveries",
    "/v1/deliveries?jobId={job}",
    "/v1/deliveries?endpointId={endpoint}",
    "/v1/dead-letters",
    "/v1/dead-letters?endpointId={endpoint}",
    "/v1/dead-letters?text={delivery}",
    "/v1/dead-letters/groups",
    "/v1/replays",
    "/v1/events",
    "/v1/audit?subject={endpoint}",
    "/v1/audit?subject={key}",
  ])("does not appear in %s", async (route) => {
    const path = route.replaceAll(/\{(\w+)\}/g, (_whole, noun: Noun) => theirs[noun]);
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
