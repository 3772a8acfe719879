import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiClient, type ApiClient } from "../support/api-client.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { startInProcess } from "./e2e-home.ts";

interface KeyJson {
  readonly id: string;
  readonly key: string;
  readonly status: string;
  readonly lastUsedAt?: string;
}

interface AuditJson {
  readonly action: string;
  readonly subject: string;
  readonly reason?: string;
  readonly by?: { readonly tenantId: string; readonly keyId: string };
}

describe("keys and tenants over the API", () => {
  let server: ServerInProcess;
  let operator: ApiClient;
  beforeAll(async () => {
    server = await startInProcess();
    operator = server.client;
  });
  afterAll(() => server.stop());

  const withKey = (key: string): ApiClient => apiClient({ url: () => server.url, key });
  const post = async <Shape>(client: ApiClient, path: string, body: object, status = 201): Promise<Shape> =>
    (await client.expect(status, path, { method: "POST", body })).json as Shape;
  const auditOf = async (client: ApiClient, query = ""): Promise<readonly AuditJson[]> =>
    ((await client.expect(200, `/v1/audit${query}`)).json as { data: readonly AuditJson[] }).data;

  test("a tenant is made, given a key, and works for itself; who made what stands in its audit", async () => {
    await post(operator, "/v1/tenants", { id: "initech", name: "Initech" });
    const admin = await post<KeyJson>(operator, "/v1/keys", { scopes: ["admin"], tenantId: "initech" });
    const initech = withKey(admin.key);
    const own = await post<KeyJson>(initech, "/v1/keys", { scopes: ["jobs"], description: "billing" });
    const job = await withKey(own.key).submit({ kind: "e2e.echo", input: 1 });
    expect((await withKey(own.key).waitForDone(job.id)).status).toBe("succeeded");
    expect(
      (await auditOf(initech)).map(({ action, subject, by }) => [action, subject, by?.tenantId]),
    ).toEqual([
      ["key.created", own.id, "initech"],
      ["key.created", admin.id, "default"],
      ["tenant.created", "initech", "default"],
    ]);
    expect(await auditOf(operator, "?tenantId=initech&action=tenant.created")).toHaveLength(1);
  });

  test("a revoked key ends within seconds, and the one that takes its place goes on", async () => {
    const [old, fresh] = await Promise.all(
      [1, 2].map(() => post<KeyJson>(operator, "/v1/keys", { scopes: ["jobs"] })),
    );
    const statusWith = async ({ key }: KeyJson): Promise<number> =>
      (await withKey(key).call("/v1/jobs")).status;
    expect([await statusWith(old!), await statusWith(fresh!)]).toEqual([200, 200]);
    await post(operator, `/v1/keys/${old!.id}/revoke`, { reason: "rotation" }, 200);
    await waitUntil(() => statusWith(old!), {
      holds: (status) => status === 401,
      timeoutMs: 5_000,
      what: "401 for the revoked key",
    });
    expect(await statusWith(fresh!)).toBe(200);
    const used = await waitUntil(
      async () => (await operator.expect(200, `/v1/keys/${fresh!.id}`)).json as KeyJson,
      { holds: ({ lastUsedAt }) => lastUsedAt !== undefined, timeoutMs: 5_000, what: "note of the use" },
    );
    expect(used.status).toBe("active");
    const [entry] = await auditOf(operator, `?subject=${old!.id}&action=key.revoked`);
    expect(entry).toMatchObject({ reason: "rotation", by: { tenantId: "default" } });
  });

  test("pausing, resuming and rotating are told with their reasons", async () => {
    const client = await server.clientOf("telling");
    const { id } = await post<{ id: string }>(client, "/v1/endpoints", {
      url: "https://receiver.example/in",
    });
    await post(client, `/v1/endpoints/${id}/pause`, { reason: "they are moving" }, 200);
    await post(client, `/v1/endpoints/${id}/pause`, {}, 200);
    await post(client, `/v1/endpoints/${id}/resume`, {}, 200);
    await post(client, "/v1/callback-secret/rotate", { overlapMs: 1_000, reason: "leaked" }, 200);
    const told = (await auditOf(client)).map(({ action, subject, reason }) => [action, subject, reason]);
    expect(told.filter(([action]) => action !== "key.created")).toEqual([
      ["callback_secret.rotated", "telling", "leaked"],
      ["endpoint.resumed", id, undefined],
      ["endpoint.paused", id, "they are moving"],
      ["endpoint.created", id, undefined],
    ]);
  });
});
