// A thin client for tests: fetch with the key, the whole answer as text, and the long poll of jobs. Every answer is held to
// the server's own OpenAPI document.
import { expectDocumented } from "./documented.ts";
import type { DeliveryDetailJson, DeliveryJson, FeedJson, JobJson, PageJson } from "./api-shapes.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

export interface ApiRequest {
  readonly method?: string;
  /** Objects are sent as JSON, text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ApiClient {
  call(path: string, request?: ApiRequest): Promise<ApiAnswer>;
  /** Calls and throws, with the answer's text, unless the status is `status`. */
  expect(status: number, path: string, request?: ApiRequest): Promise<ApiAnswer>;
  submit(
    job: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<JobJson>;
  job(id: string): Promise<JobJson>;
  /** Long-polls until `holds`; every change of the job's version is seen. */
  waitForJob(id: string, holds: (job: JobJson) => boolean, timeoutMs?: number): Promise<JobJson>;
  waitForDone(id: string, timeoutMs?: number): Promise<JobJson>;
  delivery(id: string): Promise<DeliveryDetailJson>;
  deliveriesOf(jobId: string): Promise<readonly DeliveryJson[]>;
  /** Every item of a paged list, page by page. */
  listAll<Item>(path: string): Promise<readonly Item[]>;
  feed(query: string): Promise<FeedJson>;
}

export interface ApiAddress {
  /** Asked at every call, because a restarted server listens elsewhere. */
  readonly url: () => string;
  readonly key: string | null;
}

export function apiClient(address: ApiAddress): ApiClient {
  const call: ApiClient["call"] = async (path, request = {}) => {
    const { method = "GET", body, headers = {}, signal } = request;
    const url = new URL(path, address.url());
    const sent = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(url, {
      method,
      redirect: "manual",
      headers: {
        ...(address.key === null ? {} : { authorization: `Bearer ${address.key}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
      ...(signal === undefined ? {} : { signal }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = bytes.toString("utf8");
    const type = headers["content-type"] ?? "application/json";
    await expectDocumented(address.url(), {
      method,
      path: url.pathname + url.search,
      requestBody: type.startsWith("application/json") ? (sent ?? null) : null,
      status: answer.status,
      headers: answer.headers,
      body: answer.headers.get("content-type") === "text/event-stream" ? null : text,
    });
    return { status: answer.status, headers: answer.headers, bytes, text, json: parsed(text) };
  };

  const expect: ApiClient["expect"] = async (status, path, request) => {
    const answer = await call(path, request);
    if (answer.status === status) return answer;
    throw new Error(
      `${request?.method ?? "GET"} ${path}: ${answer.status} instead of ${status}: ${answer.text}`,
    );
  };

  const get = async <Shape>(path: string): Promise<Shape> => (await expect(200, path)).json as Shape;

  const waitForJob: ApiClient["waitForJob"] = async (id, holds, timeoutMs = 10_000) => {
    const giveUpAt = Date.now() + timeoutMs;
    const look = async (etag: string | null): Promise<JobJson> => {
      const leftMs = giveUpAt - Date.now();
      const waitSeconds = Math.max(1, Math.min(60, Math.floor(leftMs / 1_000)));
      const answer = await call(`/v1/jobs/${id}`, {
        headers: etag === null ? {} : { "if-none-match": etag, prefer: `wait=${waitSeconds}` },
      });
      if (answer.status === 200 && holds(answer.json as JobJson)) return answer.json as JobJson;
      if (answer.status !== 200 && answer.status !== 304)
        throw new Error(`job ${id}: ${answer.status} ${answer.text}`);
      if (leftMs <= 0) throw new Error(`job ${id} did not get there within ${timeoutMs} ms: ${answer.text}`);
      return look(answer.headers.get("etag") ?? etag);
    };
    return look(null);
  };

  return {
    call,
    expect,
    async submit(job, headers = {}) {
      return (await expect(202, "/v1/jobs", { method: "POST", body: job, headers })).json as JobJson;
    },
    job: (id) => get(`/v1/jobs/${id}`),
    waitForJob,
    waitForDone: (id, timeoutMs) => waitForJob(id, (job) => job.done, timeoutMs),
    delivery: (id) => get(`/v1/deliveries/${id}`),
    deliveriesOf: async (jobId) =>
      (await get<PageJson<DeliveryJson>>(`/v1/deliveries?jobId=${encodeURIComponent(jobId)}`)).data,
    async listAll<Item>(path: string) {
      const rest = async (cursor: string | null): Promise<readonly Item[]> => {
        const separator = path.includes("?") ? "&" : "?";
        const page = await get<PageJson<Item>>(
          cursor === null ? path : `${path}${separator}cursor=${encodeURIComponent(cursor)}`,
        );
        const next = page.nextCursor ?? null;
        return next === null ? page.data : [...page.data, ...(await rest(next))];
      };
      return rest(null);
    },
    feed: (query) => get(`/v1/events?${query}`),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
