import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiClient, type ApiAnswer, type ApiClient, type ApiRequest } from "../support/api-client.ts";
import { documentedCalls, type DocumentedCall } from "../support/documented-calls.ts";
import { startReceiver, type Receiver } from "../support/receiver.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { startInProcess } from "./e2e-home.ts";

const unknown = {
  job: "job_01kat5vqt8fkz9m0w4r1x2y3z4",
  endpoint: "ep_01kat5vqt8fkz9m0w4r1x2y3z4",
  delivery: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4",
  replay: "rpl_01kat5vqt8fkz9m0w4r1x2y3z4",
  event: "evt_01kat5vqt8fkz9m0w4r1x2y3z4",
  key: "key_01kat5vqt8fkz9m0w4r1x2y3z4",
  lease: randomBytes(90).toString("base64url"),
  tenant: "nobody",
} as const;
type Noun = keyof typeof unknown;

/** What stands under `/v1/<collection>/{id}`; a collection that is missing here fails the tests. */
const nounUnder: Readonly<Record<string, Noun>> = {
  jobs: "job",
  leases: "lease",
  endpoints: "endpoint",
  deliveries: "delivery",
  "dead-letters": "delivery",
  replays: "replay",
  keys: "key",
  tenants: "tenant",
};

/** What the query's parameters name; one that ends in `Id` and is missing here fails the tests. */
const nounsIn: Readonly<Record<string, readonly Noun[]>> = {
  jobId: ["job"],
  endpointId: ["endpoint"],
  keyId: ["key"],
  tenantId: ["tenant"],
  subject: ["job", "endpoint", "delivery", "key", "tenant"],
};

/** What the calls' headers are tried with; one that is documented and missing here fails the tests. */
const headerValues: Readonly<Record<string, readonly string[]>> = {
  accept: ["application/json", "text/event-stream", "application/x-ndjson"],
  "if-none-match": ['"1"'],
  "last-event-id": [unknown.event],
  prefer: ["wait=5"],
  "ringback-token": [randomBytes(40).toString("base64url")],
};

const byHand = "tenants.by-hand";

function nounOf({ path }: DocumentedCall): Noun {
  const noun = nounUnder[path.split("/")[2] ?? ""];
  if (noun === undefined) throw new Error(`say in nounUnder what stands under ${path}`);
  return noun;
}

function headersOf({ headerNames, path }: DocumentedCall): readonly Readonly<Record<string, string>>[] {
  const given = headerNames.flatMap((name) => {
    const values = headerValues[name];
    if (values === undefined)
      throw new Error(`say in headerValues what ${path} is to be asked with: ${name}`);
    return values.map((value) => ({ [name]: value }));
  });
  return [{}, ...given];
}

function idParameters({ queryNames }: DocumentedCall): readonly (readonly [string, Noun])[] {
  return queryNames.flatMap((name) => {
    const nouns = nounsIn[name];
    if (nouns === undefined && name.endsWith("Id")) throw new Error(`say in nounsIn what ${name} names`);
    return (nouns ?? []).map((noun) => [name, noun] as const);
  });
}

function fill(path: string, id: string): string {
  return path.replace(/\{\w+\}/, id);
}

/** As the document's first example, with other ids. */
function requestOf({ method, body }: DocumentedCall): ApiRequest {
  return { method, ...(body === undefined ? {} : { body }) };
}

/** Another tenant's, one that never existed, and what is none. */
function tried(theirs: string, noun: Noun): readonly string[] {
  return [theirs, unknown[noun], `${theirs}0`, "none", "%00", "a%2Fb"];
}

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

function expectAlike(answers: readonly ApiAnswer[], what: string): void {
  const [first, ...others] = answers.map(comparable);
  for (const other of others) expect(other, what).toEqual(first);
}

/** Holds a run of a job that nobody else can work. */
async function leaseOf(client: ApiClient): Promise<string> {
  const lease = { method: "POST", body: { kinds: [byHand] } };
  await client.expect(200, "/v1/leases", lease);
  await client.submit({ kind: byHand, input: "private" });
  const { json } = await client.expect(200, "/v1/leases", lease);
  const [leased] = (json as { readonly leases: readonly { readonly token: string }[] }).leases;
  return leased?.token ?? "";
}

describe("F124 what belongs to another tenant", () => {
  let server: ServerInProcess;
  let receiver: Receiver;
  let calls: readonly DocumentedCall[];
  let owner: ApiClient;
  let stranger: ApiClient;
  /** With a job of its own, which is `own`. */
  let neighbor: ApiClient;
  let own: string;
  let theirs: Record<Noun, string>;
  beforeAll(async () => {
    const settings = { RINGBACK_LEASE_MS: "300000" };
    [server, receiver] = await Promise.all([startInProcess({ settings }), startReceiver(() => 410)]);
    calls = await documentedCalls(server.url);
    [owner, stranger, neighbor] = (await Promise.all(
      ["owner", "stranger", "neighbor"].map((tenantId) => server.clientOf(tenantId)),
    )) as [ApiClient, ApiClient, ApiClient];
    const post = async (path: string, body: object): Promise<string> =>
      ((await owner.expect(201, path, { method: "POST", body })).json as { id: string }).id;
    const endpoint = { url: `${receiver.origin}/owner`, events: ["endpoint.test"], retry: [] };
    await post("/v1/endpoints", endpoint);
    // Two of everything, so that every list has a second page.
    const callback = { url: `${receiver.origin}/inline`, events: ["job.queued", "job.succeeded"] };
    const metadata = { of: "owner" };
    const jobs = await Promise.all(
      [1, 2].map(() => owner.submit({ kind: "e2e.echo", input: "private", callback, metadata })),
    );
    for (const { id } of jobs) {
      await owner.waitForJob(id, (current) => current.callback?.deliveries.dead === 2);
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
      event: delivery?.eventId ?? "",
      key: await post("/v1/keys", { scopes: ["jobs"] }),
      lease: await leaseOf(owner),
      tenant: "owner",
    };
    own = (await neighbor.submit({ kind: "e2e.echo", input: "mine" })).id;
    await neighbor.waitForDone(own);
  });
  afterAll(async () => {
    await Promise.all([server.stop(), receiver.close()]);
  });

  /** A PUT makes what was not there. */
  const withId = () =>
    calls.filter(({ isOpen, method, pathNames }) => !isOpen && pathNames.length > 0 && method !== "PUT");

  test("is all that the document speaks of: its calls are the routes of the server", () => {
    const documented = calls.map(({ method, path }) => `${method} ${path}`);
    const routed = server.routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    expect(documented.toSorted()).toEqual(routed.toSorted());
    expect(withId().length).toBeGreaterThan(20);
    for (const { path, pathNames } of withId()) expect(pathNames, path).toHaveLength(1);
  });

  test("answers in every path, whatever the headers, exactly as an id that never existed, and as one that is none", async () => {
    for (const call of withId()) {
      const noun = nounOf(call);
      for (const headers of headersOf(call)) {
        const what = `${call.method} ${call.path} ${JSON.stringify(headers)}`;
        const answers = await Promise.all(
          tried(theirs[noun], noun).map((id) =>
            stranger.call(fill(call.path, id), { ...requestOf(call), headers }),
          ),
        );
        expect([answers[0]?.status, answers[0]?.json], what).toMatchObject([404, { code: "not-found" }]);
        expectAlike(answers, what);
      }
    }
  });

  test("answers in every parameter exactly as an id that never existed, and as one that is none", async () => {
    const asked = calls.flatMap((call) => idParameters(call).map((parameter) => ({ call, parameter })));
    expect(asked.length).toBeGreaterThan(8);
    for (const { call, parameter } of asked) {
      const [name, noun] = parameter;
      const path = call.pathNames.length === 0 ? call.path : fill(call.path, theirs[nounOf(call)]);
      const answers = await Promise.all(
        tried(theirs[noun], noun).map((id) =>
          stranger.call(`${path}?${name}=${encodeURIComponent(id)}`, requestOf(call)),
        ),
      );
      const [first] = answers;
      if (first?.status !== 404) expect(first?.json, path).toEqual({ data: [], nextCursor: null });
      expectAlike(answers, `${call.method} ${path} by ${name}`);
    }
  });

  test("is there for its owner, and nothing of it was changed by asking", async () => {
    for (const call of withId().filter(({ method }) => method === "GET")) {
      const answer = await owner.call(fill(call.path, theirs[nounOf(call)]), {
        headers: { accept: "application/json" },
      });
      expect([200, 303], call.path).toContain(answer.status);
    }
    expect((await owner.job(theirs.job)).status).toBe("succeeded");
    const letter = await owner.expect(200, `/v1/dead-letters/${theirs.delivery}`);
    expect(letter.json).toMatchObject({ state: "open", status: "dead" });
    expect(letter.json).not.toHaveProperty("note");
    const key = await owner.expect(200, `/v1/keys/${theirs.key}`);
    expect(key.json).toMatchObject({ status: "active" });
    const ended = await owner.expect(200, `/v1/leases/${theirs.lease}/complete`, {
      method: "POST",
      body: { result: "private" },
    });
    expect(ended.json).toEqual({ status: "succeeded" });
    const audit = await owner.expect(200, "/v1/audit");
    const actors = (audit.json as { data: { by?: { tenantId: string } }[] }).data.map(
      ({ by }) => by?.tenantId,
    );
    expect(actors).not.toContain("stranger");
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

  test("every cursor is to others like a text that was made up", async () => {
    const paged = calls.filter(
      ({ path, queryNames }) => queryNames.includes("cursor") || path === "/v1/events",
    );
    expect(paged.length).toBeGreaterThan(7);
    for (const { path } of paged) {
      const parameter = path === "/v1/events" ? "after" : "cursor";
      const json = { headers: { accept: "application/json" } };
      const first = await owner.call(`${fill(path, theirs.job)}?limit=1`, json);
      // Tenants are listed for the operator only.
      const page = first.status === 403 ? await server.client.expect(200, `${path}?limit=1`) : first;
      const { nextCursor, cursor } = page.json as { nextCursor?: string; cursor?: string };
      const given = nextCursor ?? cursor ?? "";
      expect(given, path).not.toBe("");
      const ask = (text: string): Promise<ApiAnswer> =>
        neighbor.call(`${fill(path, own)}?${parameter}=${text}`, json);
      const [foreign, madeUp] = await Promise.all([ask(given), ask("bm9uc2Vuc2U")]);
      if (first.status !== 403) expect(foreign.json, path).toMatchObject({ code: "cursor-invalid" });
      expectAlike([foreign, madeUp], path);
      const holder = first.status === 403 ? server.client : owner;
      await holder.expect(200, `${fill(path, theirs.job)}?${parameter}=${given}`, json);
    }
  });

  test("an event in Last-Event-ID is to another's stream like one that never existed, and like none", async () => {
    // A replay's stream has versions for ids.
    const streams = calls.filter(
      ({ headerNames, path }) => headerNames.includes("last-event-id") && !path.includes("replays"),
    );
    expect(streams.length).toBeGreaterThan(0);
    for (const { path } of streams) {
      const answers = await Promise.all(
        [theirs.event, unknown.event, "none"].map((id) =>
          neighbor.expect(200, fill(path, own), { headers: { "last-event-id": id } }),
        ),
      );
      expect(answers[0]?.text).toContain("event: job.succeeded");
      expectAlike(answers, path);
    }
  });

  test("an Idempotency-Key is another one, wherever one may be given", async () => {
    const third = await server.clientOf("third", ["jobs"]);
    const taking = calls.filter(({ headerNames }) => headerNames.includes("idempotency-key"));
    expect(new Set(taking.map(({ path }) => path))).toEqual(
      new Set(["/v1/jobs", "/v1/jobs/batch", "/v1/events"]),
    );
    for (const { method, path } of taking) {
      const submit = (client: ApiClient, input: string): Promise<ApiAnswer> => {
        const job = { kind: "e2e.echo", input };
        const event = { type: "invoice.paid", data: input };
        const body = path.endsWith("/batch") ? { jobs: [job] } : path === "/v1/events" ? event : job;
        return client.expect(202, path, { method, body, headers: { "idempotency-key": `shared ${path}` } });
      };
      const [id = "none"] = /(?:job|evt)_\w+/.exec((await submit(owner, "private")).text) ?? [];
      for (const input of ["private", "other"]) {
        const client = input === "private" ? third : neighbor;
        const answer = await submit(client, input);
        expect(answer.headers.get("idempotency-replayed"), path).toBeNull();
        expect(answer.text).not.toContain(id);
      }
    }
  });

  test("tenants are not named by a body either", async () => {
    const making = await Promise.all(
      ["owner", "nobody"].map((tenantId) =>
        stranger.call("/v1/keys", { method: "POST", body: { scopes: ["jobs"], tenantId } }),
      ),
    );
    expect(making[0]?.status).toBe(422);
    expectAlike(making, "/v1/keys");
  });

  test.each([
    "/v1/jobs",
    "/v1/jobs?metadata.of=owner",
    "/v1/jobs?kind=e2e.echo",
    "/v1/jobs?status=succeeded",
    "/v1/endpoints",
    "/v1/deliveries",
    "/v1/deliveries?status=dead",
    "/v1/deliveries?host={host}",
    "/v1/dead-letters",
    "/v1/dead-letters?host={host}",
    "/v1/dead-letters?httpStatus=410",
    "/v1/events",
    "/v1/events?types=job.*",
    "/v1/audit?action=endpoint.created",
  ])("does not appear in %s", async (route) => {
    const path = route.replace("{host}", new URL(receiver.origin).host);
    const { data } = (await stranger.expect(200, path)).json as { readonly data: readonly unknown[] };
    expect(data).toEqual([]);
    const owned = (await owner.expect(200, path)).json as { readonly data: readonly unknown[] };
    expect(owned.data.length).toBeGreaterThan(0);
  });

  test("cannot be named by a callback", async () => {
    const answers = await Promise.all(
      [theirs.endpoint, unknown.endpoint].map((endpointId) =>
        stranger.call("/v1/jobs", { method: "POST", body: { kind: "e2e.echo", callback: { endpointId } } }),
      ),
    );
    expect(answers[0]).toMatchObject({ status: 422, json: { code: "callback-endpoint-unknown" } });
    expectAlike(answers, "callback");
  });

  test("a result's token opens one result, and is for every other like one that was made up", async () => {
    const large = await owner.submit({
      kind: "e2e.large",
      input: { characters: 25_000 },
      callback: { url: `${receiver.origin}/large` },
    });
    await owner.waitForDone(large.id);
    const request = await receiver.waitFor(({ path }) => path === "/large");
    const { resultUrl } = (JSON.parse(request.body.toString("utf8")) as { data: { resultUrl: string } }).data;
    const { pathname, searchParams } = new URL(resultUrl);
    const nobody = apiClient({ url: () => server.url, key: null });
    const ask = (client: ApiClient, id: string, token: string): Promise<ApiAnswer> =>
      client.call(`${pathname.replace(large.id, id)}?token=${token}`);
    const token = searchParams.get("token") ?? "";
    expect((await ask(nobody, large.id, token)).status).toBe(200);

    const madeUp = randomBytes(40).toString("base64url");
    const refused = [
      ...[theirs.job, own, unknown.job, "none"].map((id) => ask(nobody, id, token)),
      ask(nobody, large.id, madeUp),
      ask(nobody, unknown.job, madeUp),
    ];
    const answers = await Promise.all(refused);
    expect(answers[0]?.status).toBe(401);
    expectAlike(answers, pathname);
    // With a key it is the key that counts.
    const keyed = await Promise.all([large.id, unknown.job].map((id) => ask(stranger, id, token)));
    expect(keyed[0]?.status).toBe(404);
    expectAlike(keyed, pathname);
  });
});
