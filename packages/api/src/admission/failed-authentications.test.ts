import { expect, test } from "vitest";
import { createManualClock } from "../testing/manual-clock.ts";
import { createFailedAuthentications, networkOf } from "./failed-authentications.ts";

test("a peer that fails too often has to wait, and nobody else", () => {
  const clock = createManualClock();
  const failures = createFailedAuthentications(clock, 3);
  for (let at = 0; at < 3; at += 1) {
    expect(failures.refused("192.0.2.1")).toBeNull();
    failures.failed("192.0.2.1");
  }
  expect(failures.refused("192.0.2.1")).toMatchObject({
    refused: "rate-limited",
    headers: { "retry-after": "20" },
  });
  expect(failures.refused("192.0.2.2")).toBeNull();
  clock.advance(20_000);
  expect(failures.refused("192.0.2.1")).toBeNull();
});

test("without an address nobody is limited", () => {
  const failures = createFailedAuthentications(createManualClock(), 1);
  for (let at = 0; at < 9; at += 1) failures.failed(null);
  expect(failures.refused(null)).toBeNull();
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:0DB8:0001:2::9", "2001:db8:1:2"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::1", "0:0:0:0"],
])("%s counts as %s", (peer, network) => {
  expect(networkOf(peer)).toBe(network);
});
