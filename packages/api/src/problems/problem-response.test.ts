import { describe, expect, test } from "vitest";
import { makeRequestId, problemResponse } from "../index.ts";
import { createCountingRandom } from "../testing/counting-random.ts";
import { catalogue } from "./catalogue.ts";

describe("problemResponse", () => {
  test.each([
    ["http-invalid", 400],
    ["request-timeout", 408],
    ["headers-too-large", 431],
  ] as const)("F19 F10 %s is the document that the app would answer, with %i", (code, status) => {
    const requestId = makeRequestId(createCountingRandom());
    expect(requestId).toMatch(/^req_[\w-]{16}$/);
    const response = problemResponse(code, { detail: "It was too much.", requestId });
    expect(response).toMatchObject({
      status,
      headers: {
        "content-type": "application/problem+json",
        "x-content-type-options": "nosniff",
        "x-request-id": requestId,
      },
    });
    expect(JSON.parse(response.body)).toEqual({
      type: `/problems/${code}`,
      title: catalogue[code].title,
      status,
      code,
      detail: "It was too much.",
      requestId,
    });
  });
});
