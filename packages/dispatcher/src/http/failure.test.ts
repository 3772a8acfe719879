// What the network says, and what it is called: also what no receiver on loopback can bring about.
import { expect, it } from "vitest";
import { HeadersDeadline } from "./call.ts";
import { failureOf } from "./failure.ts";

type NoAnswer = Parameters<typeof failureOf>[0];

const noAnswer = (phase: NoAnswer["phase"], error: Error): NoAnswer => ({
  kind: "no_answer",
  answerBegan: false,
  peerAddress: null,
  isReused: false,
  phase,
  error,
});
const systemError = (code: string): Error => Object.assign(new Error(`${code} 192.0.2.7:443`), { code });

it.each([
  ["F82", "connect", "ECONNREFUSED", "connect_refused"],
  ["F83", "connect", "EHOSTUNREACH", "unreachable"],
  ["F83", "connect", "ENETUNREACH", "unreachable"],
  ["F83", "connect", "EHOSTDOWN", "unreachable"],
  ["F84", "connect", "ETIMEDOUT", "connect_timeout"],
  ["F92", "connect", "ECONNRESET", "connection_reset"],
  ["F92", "request", "ECONNRESET", "connection_reset"],
  ["F92", "request", "EPIPE", "connection_reset"],
  ["F94", "request", "ETIMEDOUT", "connection_reset"],
  ["F102", "request", "UND_ERR_HEADERS_OVERFLOW", "invalid_response"],
  ["F103", "request", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "invalid_response"],
  ["F105", "tls", "CERT_HAS_EXPIRED", "tls_expired"],
  ["F105", "tls", "CERT_NOT_YET_VALID", "tls_expired"],
  ["F105", "tls", "ERR_TLS_CERT_ALTNAME_INVALID", "tls_hostname"],
  ["F105", "tls", "SELF_SIGNED_CERT_IN_CHAIN", "tls_untrusted"],
  ["F105", "tls", "DEPTH_ZERO_SELF_SIGNED_CERT", "tls_untrusted"],
  ["F105", "tls", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "tls_untrusted"],
  ["F105", "tls", "CERT_REVOKED", "tls_untrusted"],
  ["F105", "tls", "ECONNRESET", "tls_failed"],
  ["F105", "request", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "tls_failed"],
  ["F106", "tls", "ERR_SSL_WRONG_VERSION_NUMBER", "tls_wrong_version"],
  ["ours", "connect", "EMFILE", "sender_fault"],
  ["ours", "connect", "ENFILE", "sender_fault"],
  ["ours", "request", "EWHATEVER", "sender_fault"],
] as const)("%s %s: %s is %s, and its sentence holds no address", (_, phase, system, code) => {
  const failure = failureOf(noAnswer(phase, systemError(system)));
  expect(failure.code).toBe(code);
  expect(failure.detail).toMatch(/^[A-Z].*\.$/);
  expect(failure.detail).not.toContain("192.0.2.7");
});

it.each([
  ["F87", "resolve", "dns_timeout"],
  ["F84", "connect", "connect_timeout"],
  ["F105", "tls", "tls_failed"],
  ["F88", "request", "headers_timeout"],
] as const)("%s the deadline is named by how far the call came: %s is %s", (_, phase, code) => {
  expect(failureOf(noAnswer(phase, new HeadersDeadline("late"))).code).toBe(code);
});

it("F84 of several addresses that failed together the timeout speaks, and otherwise the first", () => {
  const both = (...codes: string[]): string =>
    failureOf(noAnswer("connect", new AggregateError(codes.map(systemError)))).code;
  expect(both("ECONNREFUSED", "ETIMEDOUT")).toBe("connect_timeout");
  expect(both("ECONNREFUSED", "ENETUNREACH")).toBe("connect_refused");
});
