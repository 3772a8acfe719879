// The real server inside the test's process, with its store in reach: for a second tenant, or for holding a transition back.
import { createHash, randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  makeApiKey,
  makeId,
  parseApiKey,
  type Clock,
  type Random,
  type Scope,
  type Store,
} from "@ringback/core";
import { startServer } from "@ringback/server";
import { apiClient, type ApiClient } from "./api-client.ts";
import { createTestDatabase, mode, settingsOfDatabase, type TestDatabase } from "./mode.ts";
import type { Settings } from "./server-process.ts";
import { whsec } from "./whsec.ts";

export interface ServerInProcess {
  readonly url: string;
  readonly client: ApiClient;
  readonly store: Store;
  /** Makes a tenant (or adds to it) and answers with a client that has a key of these scopes. */
  clientOf(tenantId: string, scopes?: readonly Scope[]): Promise<ApiClient>;
  stop(): Promise<void>;
}

export interface InProcessOptions {
  readonly settings?: Settings;
  /** Scale-out: a database that several servers share; whoever made it drops it. */
  readonly database?: TestDatabase;
  readonly decorateStore?: (store: Store) => Store;
  /** The machine's clock, for a server whose clock is wrong. */
  readonly clock?: Clock;
}

const random: Random = { bytes: (count) => randomFillSync(new Uint8Array(count)), unit: () => Math.random() };

export async function startServerInProcess(options: InProcessOptions = {}): Promise<ServerInProcess> {
  const folder = mkdtempSync(join(tmpdir(), "ringback-"));
  const key = makeApiKey(random);
  const reached = Promise.withResolvers<Store>();
  const { decorateStore = (store: Store) => store } = options;
  const own = mode === "scale-out" && options.database === undefined ? await createTestDatabase() : null;
  const database = options.database ?? own;
  const starting = startServer({
    ...(options.clock !== undefined && { clock: options.clock }),
    env: {
      PORT: "0",
      RINGBACK_SQLITE_PATH: join(folder, "ringback.db"),
      ...(database !== null && settingsOfDatabase(database)),
      RINGBACK_ROOT_KEY: key,
      RINGBACK_ALLOW_NETWORKS: "127.0.0.0/8",
      RINGBACK_LOG_LEVEL: "silent",
      ...options.settings,
    },
    decorateStore(store) {
      reached.resolve(store);
      return decorateStore(store);
    },
  });
  const forget = async (): Promise<void> => {
    rmSync(folder, { recursive: true, force: true });
    await own?.drop();
  };
  const server = await starting.catch(async (thrown: unknown) => {
    await forget();
    throw thrown;
  });
  const store = await reached.promise;
  const url = (): string => server.url;
  return {
    url: server.url,
    client: apiClient({ url, key }),
    store,
    async clientOf(tenantId, scopes = ["admin"]) {
      await store.tenants.ensureTenant({ id: tenantId, callbackSecret: whsec(tenantId) }, Date.now());
      return apiClient({ url, key: await putKey(store, tenantId, scopes) });
    },
    async stop() {
      await server.stop();
      await forget();
    },
  };
}

async function putKey(store: Store, tenantId: string, scopes: readonly Scope[]): Promise<string> {
  const key = makeApiKey(random);
  const now = Date.now();
  const lookup = parseApiKey(key)?.lookup ?? "";
  const hash = createHash("sha256").update(key).digest("hex");
  await store.tenants.putKeys(
    [{ tenantId, id: makeId("key", now, random), lookup, hash, scopes, expiresAt: null }],
    now,
  );
  return key;
}
