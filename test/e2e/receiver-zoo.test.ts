// Every receiver of the zoo against the whole server: what the support desk is told of each, and that nobody else suffers.
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeliveryDetailJson, DeliveryJson, PageJson } from "../support/api-shapes.ts";
import type { ServerInProcess } from "../support/server-in-process.ts";
import { waitUntil } from "../support/wait-until.ts";
import { allAnimals, startAnimal, zooAuthority, type Animal } from "../support/zoo.ts";
import { startInProcess } from "./e2e-home.ts";

interface Fate {
  readonly fault: string;
  readonly status: "delivered" | "dead";
  readonly code: string;
  /** A part of the sentence that explains it. */
  readonly told: string;
}

const lived = (fault: string, code: string, told: string): Fate => ({
  fault,
  status: "delivered",
  code,
  told,
});
const died = (fault: string, code: string, told: string): Fate => ({ fault, status: "dead", code, told });

/** Each has one attempt of 1 s, so what comes of it is final. */
const fates: Readonly<Record<Animal, Fate>> = {
  healthy: lived("F104", "ok", "answered 204"),
  healthyTls: lived("F107", "ok", "answered 200"),
  absent: died("F82", "connect_refused", "nothing listens there"),
  silent: died("F88", "headers_timeout", "did not answer within the deadline"),
  resets: died("F92", "connection_reset", "closed the connection before it answered"),
  hangsUp: died("F92", "connection_reset", "closed the connection before it answered"),
  stopsAfterHeaders: lived("F89", "truncated_response", "answered 200"),
  resetsInBody: lived("F91", "truncated_response", "answered 200"),
  neverStops: lived("F97", "ok", "answered 200"),
  redirects: died("F99", "redirect_not_followed", "redirects are never followed"),
  stormsInterim: died("F100", "invalid_response", "not valid HTTP"),
  switches: died("F101", "unexpected_status", "answered 101"),
  speaksMail: died("F102", "invalid_response", "not valid HTTP"),
  smuggles: died("F103", "invalid_response", "not valid HTTP"),
  notModified: died("F104", "unexpected_status", "answered 304"),
  unauthorized: died("F110", "http_4xx", "misconfigured"),
  gone: died("F110", "gone", "resume that first"),
  busy: died("F109", "throttled", "asked for fewer requests"),
  broken: died("F110", "http_5xx", "answered 502"),
  wantsNoMore: died("F110", "no_retry", "asked not to be tried again"),
  expired: died("F105", "tls_expired", "has expired"),
  misnamed: died("F105", "tls_hostname", "is for another name"),
  selfSigned: died("F105", "tls_untrusted", "not signed by a known authority"),
  plainOnHttps: died("F106", "tls_wrong_version", "does not fit its URL"),
  resetsHandshake: died("F105", "tls_failed", "TLS handshake"),
};

describe("the zoo", () => {
  const trustedBefore = tls.getCACertificates("default");
  const closing: (() => Promise<void>)[] = [];
  const endpoints = new Map<Animal, string>();
  let server: ServerInProcess;
  beforeAll(async () => {
    tls.setDefaultCACertificates([...trustedBefore, zooAuthority.cert]);
    server = await startInProcess();
    await Promise.all(
      allAnimals.map(async (name) => {
        const { url, close } = await startAnimal(name);
        closing.push(close);
        const body = { url, events: [`zoo.${name.toLowerCase()}`], retry: [], timeoutMs: 1_000 };
        const made = await server.client.expect(201, "/v1/endpoints", { method: "POST", body });
        endpoints.set(name, (made.json as { id: string }).id);
      }),
    );
    await Promise.all(
      allAnimals.map(async (name) => {
        const body = { type: `zoo.${name.toLowerCase()}`, data: { name } };
        await server.client.expect(202, "/v1/events", { method: "POST", body });
      }),
    );
  });
  afterAll(async () => {
    await server.stop();
    await Promise.all(closing.map((close) => close()));
    tls.setDefaultCACertificates(trustedBefore);
  });

  /** The one delivery to it, once that has ended. */
  async function endOf(name: Animal): Promise<DeliveryDetailJson> {
    const path = `/v1/deliveries?endpointId=${endpoints.get(name) ?? ""}`;
    const look = async (): Promise<readonly DeliveryJson[]> =>
      ((await server.client.expect(200, path)).json as PageJson<DeliveryJson>).data;
    const [delivery] = await waitUntil(look, {
      holds: (found) => found[0] !== undefined && found[0].status !== "pending",
      timeoutMs: 15_000,
      what: `end of the delivery to ${name}`,
    });
    return server.client.delivery(delivery?.id ?? "");
  }

  const cases = allAnimals.map((name) => ({ name, ...fates[name] }));
  test.each(cases)("$fault $name: $status as $code, and explained", async ({ name, status, code, told }) => {
    const delivery = await endOf(name);
    expect(delivery).toMatchObject({ status, attempts: [{ n: 1, code }] });
    expect(delivery.explain).toContain(told);
    expect(delivery.explain).toMatch(status === "dead" ? /^Given up after 1 attempt: / : /^Delivered: /);
    const [attempt] = delivery.attempts;
    const isFlawless = code === "ok";
    expect(attempt?.detail ?? "").toMatch(isFlawless ? /^$/ : /^[A-Z].*\.$/);
  });

  test("F110 410 has paused its endpoint, and no other of them is paused", async () => {
    await Promise.all(allAnimals.map(endOf));
    const statuses = await Promise.all(
      allAnimals.map(async (name) => {
        const { json } = await server.client.expect(200, `/v1/endpoints/${endpoints.get(name) ?? ""}`);
        return { name, status: (json as { status: string }).status };
      }),
    );
    expect(statuses.filter(({ status }) => status !== "active")).toEqual([
      { name: "gone", status: "paused" },
    ]);
  });
});
