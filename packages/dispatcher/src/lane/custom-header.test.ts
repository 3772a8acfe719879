import { expect, it } from "vitest";
import { forbiddenHeader, headerProblem, isSecretHeader, requestHeaderProblem } from "./custom-header.ts";

it.each([
  "Host",
  "content-length",
  "Transfer-Encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "TE",
  "trailer",
  "expect",
  "cookie",
  "webhook-id",
  "Webhook-Anything",
  "content-type",
  "user-agent",
  "accept-encoding",
  "traceparent",
  "proxy-authorization",
])("%s cannot be set by others, and the sentence names it", (name) => {
  expect(forbiddenHeader(name)).toMatch(/\.$/);
  expect(headerProblem(name, "x")).toBe(forbiddenHeader(name));
});

it.each(["authorization", "x-api-key", "X-Team", "x-webhook-id", "accept"])("%s can be set", (name) => {
  expect(headerProblem(name, "value")).toBeNull();
});

it.each([
  ["", "x"],
  ["a b", "x"],
  ["a:b", "x"],
  ["ä", "x"],
  ["a".repeat(101), "x"],
  ["x-a", "a\r\nb: c"],
  ["x-a", "a\u0000"],
  ["x-a", "tab\there"],
  ["x-a", "ä"],
  ["x-a", "x".repeat(4_097)],
])("the header %j: %j is no header", (name, value) => {
  expect(headerProblem(name, value)).toMatch(/^A header's/);
});

it("the http kind may say what it sends, but not how it is framed", () => {
  expect(requestHeaderProblem("content-type", "text/xml")).toBeNull();
  expect(requestHeaderProblem("Cookie", "a=b")).toBeNull();
  expect(requestHeaderProblem("Host", "evil")).not.toBeNull();
  expect(requestHeaderProblem("accept-encoding", "gzip")).not.toBeNull();
});

it.each([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "x-my-secret",
  "csrf-token",
])("%s is kept unreadable", (name) => {
  expect(isSecretHeader(name)).toBe(true);
});

it.each(["content-type", "x-team", "retry-after", "location"])("%s is kept readable", (name) => {
  expect(isSecretHeader(name)).toBe(false);
});
