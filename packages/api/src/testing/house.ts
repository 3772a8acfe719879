// An api over the fake store, with keys of two tenants: what most tests begin with.
import { createHash } from "node:crypto";
import {
  createKinds,
  makeApiKey,
  makeId,
  noLimits,
  parseApiKey,
  type AddressGuard,
  type Log,
  type Scope,
} from "@ringback/core";
import type { ApiSettings } from "../api-deps.ts";
import { createApi, type Api } from "../create-api.ts";
import { isJsonType } from "../intake/read-body.ts";
import { createResultLinks, type ResultLinks } from "../tokens/result-links.ts";
import { expectDocumented } from "./agreement.ts";
import { createCountingRandom } from "./counting-random.ts";
import { createFakeStore, type FakeStore } from "./fake-store.ts";
import { createManualClock, type ManualClock } from "./manual-clock.ts";

export interface House extends Api {
  readonly store: FakeStore;
  readonly clock: ManualClock;
  readonly links: ResultLinks;
  /** What the kind "outward" says of every input: it may change from one request to the next. */
  readonly admission: { problem: string | null; asked: number };
  /** Everything that was logged, as JSON lines. */
  readonly logged: string[];
  makeKey(tenantId: string, ...scopes: Scope[]): string;
  /**
   * With an admin key of the tenant "mine" unless another one is given; an object becomes a JSON body. Throws when the
   * answer is not what the OpenAPI document says.
   */
  ask(method: string, path: string, options?: AskOptions): Promise<Response>;
}

export interface AskOptions {
  readonly key?: string | null;
  readonly body?: object;
  /** The body as it is, with no Content-Type of ours. */
  readonly raw?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address the request comes from. */
  readonly peer?: string;
  readonly signal?: AbortSignal;
}

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export function createHouse(settings: Partial<ApiSettings> = {}): House {
  const store = createFakeStore();
  const clock = createManualClock();
  const random = createCountingRandom();
  const logged: string[] = [];
  const admission: House["admission"] = { problem: null, asked: 0 };
  const tokenKeys = [new Uint8Array(32).fill(5)] as const;
  const publicUrl = (): string => "https://ringback.test";
  const api = createApi({
    store,
    kinds: createKinds([
      { kind: "echo", run: (input) => input },
      { kind: "strict", input: strictInput, run: () => null },
      { kind: "outward", admit: async () => admit(admission), run: () => null },
    ]),
    guard: allowsOnlyExample,
    clock,
    random,
    log: logInto(logged),
    version: "0.0.0-test",
    tokenKeys,
    publicUrl,
    headerProblem: (name) => (name === "host" ? "host cannot be set" : null),
    readiness: async () => ({ ready: true, checks: { store: "ok" } }),
    metrics: async () => "ringback_jobs_unfinished 3\n",
    peerAddress: (env) => (env as { readonly peer?: string } | undefined)?.peer ?? null,
    settings: { operatorTenantId: "mine", ...settings },
  });
  for (const tenantId of ["mine", "theirs"]) {
    const [createdAt, name] = [clock.now(), null];
    store.tenantRows.set(tenantId, { id: tenantId, name, limits: noLimits, createdAt, updatedAt: createdAt });
    store.secrets.set(tenantId, [{ secret, createdAt: clock.now(), expiresAt: null }]);
  }
  const makeKey = (tenantId: string, ...scopes: Scope[]): string => {
    const key = makeApiKey(random);
    const lookup = parseApiKey(key)?.lookup ?? "";
    store.keys.set(lookup, {
      tenantId,
      id: makeId("key", clock.now(), random),
      lookup,
      hash: createHash("sha256").update(key).digest("hex"),
      scopes,
      createdAt: clock.now(),
      expiresAt: null,
      revokedAt: null,
      description: null,
      lastUsedAt: null,
    });
    return key;
  };
  const admin = makeKey("mine", "admin");
  return {
    ...api,
    store,
    clock,
    admission,
    links: createResultLinks({ tokenKeys, publicUrl, clock }),
    logged,
    makeKey,
    async ask(method, path, { key = admin, body, raw, headers = {}, peer, signal } = {}) {
      const request = {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(signal === undefined ? {} : { signal }),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(raw === undefined ? {} : { body: raw, duplex: "half" as const }),
      };
      const response =
        (await pollShortly(api, request, path)) ?? (await api.app.request(path, request, { peer }));
      const text = body === undefined ? raw : JSON.stringify(body);
      const isJson = typeof text === "string" && isJsonType(headers["content-type"] ?? "application/json");
      await expectDocumented(api.app, { method, path, body: isJson ? text : null }, response);
      return response;
    },
  };
}

/** As whoever listens does, before the app is asked. */
async function pollShortly(
  { shortPoll }: Api,
  { method, headers }: { readonly method: string; readonly headers: Readonly<Record<string, string>> },
  url: string,
): Promise<Response | null> {
  const rawHeaders = Object.entries({ host: "ringback.test", ...headers }).flat();
  const answer = await shortPoll({ method, url, rawHeaders });
  if (answer === null) return null;
  return new Response(null, { status: answer.status, headers: answer.headers });
}

function admit(admission: House["admission"]): readonly { message: string; path: string[] }[] {
  admission.asked += 1;
  return admission.problem === null ? [] : [{ message: admission.problem, path: ["url"] }];
}

/** Lets `https://*.example` through and refuses everything else by the rule `private-address`. */
const allowsOnlyExample: AddressGuard = {
  async checkUrl(text) {
    const url = URL.parse(text);
    if (url === null || !url.hostname.endsWith(".example")) {
      return { ok: false, rule: "private-address", detail: "It leads to a private network." };
    }
    return { ok: true, url: url.href, origin: url.origin, host: url.host };
  },
};

const strictInput = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value: unknown) =>
      typeof value === "object" && value !== null && "n" in value
        ? { value }
        : { issues: [{ message: "n is needed", path: ["deep", "n"] }] },
  },
} as const;

function logInto(lines: string[]): Log {
  const write =
    (level: string): Log["info"] =>
    (event, fields) =>
      void lines.push(JSON.stringify({ level, event, ...fields }));
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
