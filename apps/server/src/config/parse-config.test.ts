import { describe, expect, test } from "vitest";
import { makeApiKey } from "@ringback/core";
import { nearestName } from "./nearest-name.ts";
import { parseConfig } from "./parse-config.ts";
import { settings } from "./settings.ts";

const random = {
  unit: () => 0,
  bytes: (count: number) => Uint8Array.from({ length: count }, (_, index) => index),
};

function problemsOf(env: Record<string, string>): readonly string[] {
  const parsed = parseConfig(env);
  return parsed.ok ? [] : parsed.problems;
}

describe("the settings", () => {
  test("all have a default, so that nothing has to be set up", () => {
    const parsed = parseConfig({});
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        PORT: 8080,
        HOST: "127.0.0.1",
        RINGBACK_SQLITE_PATH: "./data/ringback.db",
        RINGBACK_ROLE: "all",
        RINGBACK_ALLOW_HTTP: false,
      },
    });
  });

  test("of OpenTelemetry are held to the same: what is wrong is named, and no key is repeated", () => {
    const problems = problemsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:CANARY@collector:4318",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "collector:4318/CANARY",
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_HEADERS: "x-api-key: CANARY",
      OTEL_RESOURCE_ATTRIBUTES: "a=%E0CANARY",
      OTEL_TRACES_SAMPLER: "sometimes",
      OTEL_TRACES_SAMPLER_ARG: "1.5",
      OTEL_SDK_DISABLED: "1",
    });
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
      "OTEL_EXPORTER_OTLP_PROTOCOL",
      "OTEL_EXPORTER_OTLP_HEADERS",
      "OTEL_RESOURCE_ATTRIBUTES",
      "OTEL_TRACES_SAMPLER",
      "OTEL_TRACES_SAMPLER_ARG",
      "OTEL_SDK_DISABLED",
    ]);
    expect(problems.join("\n")).not.toContain("CANARY");
    expect(
      parseConfig({ OTEL_EXPORTER_OTLP_HEADERS: "a=1, b=x%3Dy%2Cz", OTEL_TRACES_SAMPLER_ARG: "0.25" }),
    ).toMatchObject({
      config: {
        OTEL_EXPORTER_OTLP_HEADERS: [
          ["a", "1"],
          ["b", "x=y,z"],
        ],
        OTEL_TRACES_SAMPLER_ARG: 0.25,
      },
    });
  });

  test("that are wrong are named all at once, each with what it must be", () => {
    const problems = problemsOf({
      PORT: "65536",
      HOST: "not a host",
      RINGBACK_ROLE: "worker",
      RINGBACK_ROOT_KEY: "secret",
      RINGBACK_MASTER_KEY: "c2hvcnQ=",
      RINGBACK_ALLOW_NETWORKS: "10.0.0.0/33",
      RINGBACK_DNS_SERVERS: "dns.example",
      RINGBACK_PUBLIC_URL: "ftp://x",
      RINGBACK_LOG_LEVEL: "loud",
      RINGBACK_RUN_CONCURRENCY: "0",
      RINGBACK_ALLOW_HTTP: "yes",
    });
    expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
      "PORT",
      "HOST",
      "RINGBACK_ROLE",
      "RINGBACK_ROOT_KEY",
      "RINGBACK_MASTER_KEY",
      "RINGBACK_ALLOW_NETWORKS",
      "RINGBACK_ALLOW_HTTP",
      "RINGBACK_DNS_SERVERS",
      "RINGBACK_PUBLIC_URL",
      "RINGBACK_LOG_LEVEL",
      "RINGBACK_RUN_CONCURRENCY",
    ]);
    expect(problems[0]).toBe('PORT must be a whole number from 0 to 65535 (port), not "65536"');
  });

  test("never repeat a key in their complaint", () => {
    const problems = problemsOf({ RINGBACK_ROOT_KEY: "canary-key", RINGBACK_MASTER_KEY: "canary-key" });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain("canary");
  });

  test("of former master keys are complained of one by one, by their place in the list", () => {
    const [key, other] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64"));
    const problems = problemsOf({ RINGBACK_FORMER_MASTER_KEYS: `${key},canary,${other},Y2FuYXJ5` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(
      /^RINGBACK_FORMER_MASTER_KEYS entry 2 must be 32 bytes in base64.*; entry 4 must be/,
    );
    expect(problems[0]).not.toMatch(/canary|Y2FuYXJ5/);
    expect(problemsOf({ RINGBACK_FORMER_MASTER_KEYS: `${key}, ${other},${key}` })).toEqual([]);
  });

  test("that do not exist are refused with the nearest name", () => {
    expect(
      problemsOf({ RINGBACK_HANDLER: "x", RINGBACK_LOGLEVEL: "info", RINGBACK_XYZZY: "1", OTHER: "1" }),
    ).toEqual([
      "RINGBACK_HANDLER is not a setting; did you mean RINGBACK_HANDLERS?",
      "RINGBACK_LOGLEVEL is not a setting; did you mean RINGBACK_LOG_LEVEL?",
      "RINGBACK_XYZZY is not a setting",
    ]);
    expect(nearestName("RINGBACK_ROLES", Object.keys(settings))).toBe("RINGBACK_ROLE");
  });

  test("are checked across fields", () => {
    expect(problemsOf({ RINGBACK_DRAIN_DELAY_MS: "5000", RINGBACK_DRAIN_MS: "1000" })).toEqual([
      "RINGBACK_DRAIN_DELAY_MS (5000) must be less than RINGBACK_DRAIN_MS (1000)",
    ]);
  });

  test("of one mode are refused in the other, and a database's password is never repeated", () => {
    expect(problemsOf({ RINGBACK_ROLE: "api" })[0]).toMatch(/^RINGBACK_ROLE=api needs DATABASE_URL/);
    expect(problemsOf({ DATABASE_URL: "postgres://localhost/x" })[0]).toMatch(
      /^RINGBACK_MASTER_KEY must be set/,
    );
    expect(problemsOf({ DATABASE_URL: "mysql://user:canary@localhost/x" }).join()).toMatch(
      /^DATABASE_URL must be(?!.*canary)/,
    );
    expect(problemsOf({ DATABASE_URL: "postgres://localhost/x", RINGBACK_ROLE: "migrate" })).toEqual([]);
  });

  test("refuse to forget an event or a dead letter before the deliveries that need it", () => {
    const day = "86400000";
    expect(problemsOf({ RINGBACK_EVENT_RETENTION_MS: day, RINGBACK_DEAD_LETTER_RETENTION_MS: day })).toEqual([
      "RINGBACK_EVENT_RETENTION_MS (86400000) must be at least RINGBACK_DELIVERY_RETENTION_MS (2592000000)",
      "RINGBACK_DEAD_LETTER_RETENTION_MS (86400000) must be at least RINGBACK_DELIVERY_RETENTION_MS (2592000000)",
    ]);
    expect(problemsOf({ RINGBACK_DELIVERY_RETENTION_MS: day, RINGBACK_EVENT_RETENTION_MS: day })).toEqual([]);
    expect(problemsOf({ RINGBACK_DELIVERY_RETENTION_MS: "60000" })).toEqual([
      'RINGBACK_DELIVERY_RETENTION_MS must be a whole number from 3600000 to 315360000000 (ms), not "60000"',
    ]);
  });

  test("a limit that may be left out is none then, and within its bounds otherwise", () => {
    const limitOf = (given: string) => {
      const parsed = parseConfig({ RINGBACK_TENANT_RUNNING_MAX: given });
      return parsed.ok ? parsed.config.RINGBACK_TENANT_RUNNING_MAX : parsed.problems;
    };
    expect(limitOf("")).toBeNull();
    expect(limitOf("3")).toBe(3);
    for (const wrong of ["0", "-1", "many"]) expect(limitOf(wrong)).toHaveLength(1);
  });

  test("take every valid form", () => {
    const parsed = parseConfig({
      PORT: "0",
      HOST: "::1",
      RINGBACK_ROOT_KEY: makeApiKey(random),
      RINGBACK_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
      RINGBACK_HANDLERS: "./a.ts, ./b.ts,",
      RINGBACK_ALLOW_NETWORKS: "127.0.0.0/8, [fd00::/8]:443",
      RINGBACK_DNS_SERVERS: "127.0.0.1:5353,::1,[::1]:53",
      RINGBACK_PUBLIC_URL: "https://rb.example/base/",
      RINGBACK_LOG_LEVEL: "",
    });
    expect(parsed).toMatchObject({
      ok: true,
      config: {
        RINGBACK_HANDLERS: ["./a.ts", "./b.ts"],
        RINGBACK_PUBLIC_URL: "https://rb.example/base",
        RINGBACK_DNS_SERVERS: ["127.0.0.1:5353", "[::1]", "[::1]:53"],
        RINGBACK_LOG_LEVEL: "info",
      },
    });
  });
});
