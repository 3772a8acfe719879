// The part of the store port for endpoints that the api calls, in memory and without its rules.
import {
  makeId,
  type Act,
  type AuditAction,
  type Attempt,
  type Delivery,
  type Endpoint,
  type EndpointKey,
  type EndpointSecret,
  type EndpointStore,
  type Instant,
} from "@ringback/core";
import { createCountingRandom } from "./counting-random.ts";

export interface EndpointsState {
  /** Where the store keeps them. */
  readonly state: () => {
    readonly endpoints: Map<string, Endpoint>;
    readonly deliveries: Map<string, { readonly delivery: Delivery; readonly attempts: readonly Attempt[] }>;
  };
  readonly record: (
    action: AuditAction,
    done: { readonly tenantId: string; readonly subject: string; readonly at: Instant },
    act: Act | undefined,
  ) => void;
}

/** A test is delivered at once. */
export function createFakeEndpoints({ state, record }: EndpointsState): EndpointStore {
  const random = createCountingRandom();
  const find = ({ tenantId, endpointId }: EndpointKey): Endpoint | null => {
    const found = state().endpoints.get(endpointId);
    return found?.tenantId === tenantId ? found : null;
  };
  const withKey = (endpoint: Endpoint, { publicKey }: EndpointSecret, now: Instant): Endpoint => {
    if (publicKey === null) return { ...endpoint, publicKeys: [] };
    return {
      ...endpoint,
      publicKeys: [{ publicKey, createdAt: now, expiresAt: null }, ...endpoint.publicKeys],
    };
  };
  return {
    createEndpoints: async (items, now, act) =>
      items.map(({ secret, publicKey, host: _host, ...rest }) => {
        const made: Endpoint = {
          ...rest,
          publicKeys: [],
          status: "active",
          pausedReason: null,
          createdAt: now,
          updatedAt: now,
        };
        const endpoint = withKey(made, { secret, publicKey }, now);
        state().endpoints.set(endpoint.id, endpoint);
        record("endpoint.created", { tenantId: endpoint.tenantId, subject: endpoint.id, at: now }, act);
        return endpoint;
      }),
    changeEndpoint: async (key, { change, seen, secret, now }, act) => {
      const found = find(key);
      if (found === null) return null;
      if (found.updatedAt !== seen) return "conflict";
      const { host: _host, ...rest } = change;
      const changed = { ...found, ...rest, updatedAt: Math.max(now, seen + 1) };
      const endpoint = secret === null ? changed : withKey({ ...changed, publicKeys: [] }, secret, now);
      state().endpoints.set(endpoint.id, endpoint);
      record("endpoint.changed", { tenantId: key.tenantId, subject: endpoint.id, at: now }, act);
      return endpoint;
    },
    setEndpointStatus: async (key, { status, reason }, now, act) => {
      const before = find(key);
      if (before === null) return null;
      const endpoint: Endpoint = { ...before, status, pausedReason: reason };
      state().endpoints.set(endpoint.id, endpoint);
      const action = status === "paused" ? "endpoint.paused" : "endpoint.resumed";
      record(action, { tenantId: key.tenantId, subject: endpoint.id, at: now }, act);
      return endpoint;
    },
    rotateEndpointSecret: async (key, { secret, publicKey, overlapUntil, now }, act) => {
      const found = find(key);
      if (found === null) return null;
      const publicKeys = found.publicKeys.map((former) => ({ ...former, expiresAt: overlapUntil }));
      const endpoint = withKey({ ...found, publicKeys }, { secret, publicKey }, now);
      state().endpoints.set(endpoint.id, endpoint);
      record("endpoint.secret_rotated", { tenantId: key.tenantId, subject: endpoint.id, at: now }, act);
      return endpoint;
    },
    testEndpoint: async (key, now, act) => {
      const found = find(key);
      if (found === null) return null;
      const delivery: Delivery = {
        tenantId: key.tenantId,
        id: makeId("dlv", now, random),
        eventId: makeId("evt", now, random),
        eventType: "endpoint.test",
        jobId: null,
        endpointId: found.id,
        laneId: `${found.id}:test`,
        url: found.url,
        host: new URL(found.url).host,
        status: "delivered",
        dueAt: null,
        attemptStartedAt: null,
        attempts: 1,
        attemptsMax: 1,
        code: "ok",
        httpStatus: 200,
        createdAt: now,
        finishedAt: now,
      };
      state().deliveries.set(delivery.id, { delivery, attempts: [] });
      record("endpoint.tested", { tenantId: key.tenantId, subject: found.id, at: now }, act);
      return delivery;
    },
    deleteEndpoint: async (key, now, act) => {
      if (find(key) === null) return null;
      state().endpoints.delete(key.endpointId);
      record("endpoint.deleted", { tenantId: key.tenantId, subject: key.endpointId, at: now }, act);
      return { canceled: 2, inFlight: 0 };
    },
  };
}
