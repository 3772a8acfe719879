import { expect, test } from "vitest";
import { readJobId } from "./job-id.ts";

const uuid = "0191d1ab-7c3f-7000-8000-0000000000a1";

test("a job is named by an id made here, or by a UUID of the client's, which has one spelling", () => {
  expect(readJobId("job_01kat5vqt8fkz9m0w4r1x2y3z4")).toBe("job_01kat5vqt8fkz9m0w4r1x2y3z4");
  expect(readJobId(uuid)).toBe(uuid);
  expect(readJobId(uuid.toUpperCase())).toBe(uuid);
});

test.each([
  "",
  "1",
  "evt_01kat5vqt8fkz9m0w4r1x2y3z4",
  `${uuid}0`,
  `{${uuid}}`,
  uuid.replaceAll("-", ""),
  "job_x",
])("%j names none", (text) => expect(readJobId(text)).toBeNull());
