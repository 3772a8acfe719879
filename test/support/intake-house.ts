// The api over the real SQLite store behind the real HTTP server, without anything that works jobs off: for attacks on intake.
import { createHash, randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApi, type ApiSettings, type Counters } from "@ringback/api";
import {
  createKinds,
  makeApiKey,
  makeId,
  parseApiKey,
  type AddressGuard,
  type Clock,
  type Log,
  type Random,
  type Store,
} from "@ringback/core";
import { startHttpServer, type HttpLimits } from "@ringback/server";
import { openSqliteStore } from "@ringback/store";
import { onTestFinished } from "vitest";
import { apiClient, type ApiClient } from "./api-client.ts";
import { whsec } from "./whsec.ts";

export interface IntakeHouse {
  readonly url: string;
  readonly apiKey: string;
  readonly client: ApiClient;
  readonly store: Store;
  readonly counters: Readonly<Counters>;
  /** The wall clock: the machine's, moved by so many milliseconds. */
  readonly clock: { offsetMs: number };
  /** Everything that was logged, as JSON lines. */
  readonly logged: readonly string[];
}

export interface IntakeHouseOptions {
  readonly settings?: Partial<ApiSettings>;
  readonly limits?: Partial<HttpLimits>;
  /** What the api is given in place of the store. */
  readonly decorateStore?: (store: Store) => Store;
}

const tenantId = "default";
const random: Random = { bytes: (count) => randomFillSync(new Uint8Array(count)), unit: () => Math.random() };

/** Lets everything through but what is not https. */
const guard: AddressGuard = {
  async checkUrl(text) {
    const url = URL.parse(text);
    return url?.protocol === "https:"
      ? { ok: true, url: url.href, origin: url.origin, host: url.host }
      : { ok: false, rule: "scheme", detail: "It is not https." };
  },
};

/** Closed when the test, or the file that opened it in a hook, is over. */
export async function openIntakeHouse(
  options: IntakeHouseOptions = {},
  whenOver: (close: () => Promise<void>) => void = onTestFinished,
): Promise<IntakeHouse> {
  const folder = mkdtempSync(join(tmpdir(), "ringback-"));
  const shift = { offsetMs: 0 };
  const clock = clockMovedBy(shift);
  const logged: string[] = [];
  const log = logInto(logged);
  const path = join(folder, "ringback.db");
  const opened = await openSqliteStore({
    path,
    clock,
    random,
    log,
    ring: () => undefined,
    masterKey: random.bytes(32),
  });
  const store = options.decorateStore?.(opened) ?? opened;
  await opened.tenants.ensureTenant({ id: tenantId, callbackSecret: whsec(tenantId) }, clock.now());
  const apiKey = await putKey(opened, clock);
  let url = "";
  const api = createApi({
    store,
    kinds: createKinds([{ kind: "echo", run: (input) => input }]),
    guard,
    clock,
    random,
    log,
    version: "0.0.0-test",
    tokenKeys: [random.bytes(32)],
    publicUrl: () => url,
    headerProblem: () => null,
    metrics: async () => "",
    readiness: async () => ({ ready: true, checks: { store: "ok" } }),
    settings: options.settings ?? {},
  });
  const { limits = {} } = options;
  const http = await startHttpServer({
    fetch: api.app.fetch,
    shortPoll: api.shortPoll,
    host: "127.0.0.1",
    port: 0,
    clock,
    random,
    limits,
  });
  url = `http://127.0.0.1:${http.address.port}`;
  whenOver(async () => {
    api.drain();
    await http.close(100);
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const client = apiClient({ url: () => url, key: apiKey });
  return { url, apiKey, client, store: opened, counters: api.counters, clock: shift, logged };
}

async function putKey(store: Store, clock: Clock): Promise<string> {
  const key = makeApiKey(random);
  const hash = createHash("sha256").update(key).digest("hex");
  const lookup = parseApiKey(key)?.lookup ?? "";
  const id = makeId("key", clock.now(), random);
  await store.tenants.putKeys(
    [{ tenantId, id, lookup, hash, scopes: ["admin"], expiresAt: null }],
    clock.now(),
  );
  return key;
}

function clockMovedBy(shift: { readonly offsetMs: number }): Clock {
  return {
    now: () => Date.now() + shift.offsetMs,
    monotonicMs: () => performance.now(),
    after(delayMs, wake) {
      const timer = setTimeout(wake, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

function logInto(lines: string[]): Log {
  const write =
    (level: string): Log["info"] =>
    (event, fields) =>
      void lines.push(JSON.stringify({ level, event, ...fields }));
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}
