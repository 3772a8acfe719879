import { describe, expect, test } from "vitest";
import { createExampleHouse } from "../testing/example-house.ts";
import type { Example } from "./operation.ts";
import { recordedAnswers, type RecordedAnswer } from "./recorded-answers.ts";

/** What every answer has, and what differs from one installation to the next. */
const notShown: ReadonlySet<string> = new Set([
  "content-type",
  "x-request-id",
  "x-content-type-options",
  "ratelimit-policy",
  "ratelimit",
  "content-security-policy",
  "referrer-policy",
]);

const cases = createExampleHouse().routes.flatMap(({ method, path, access, operation }) =>
  operation.examples.map((example: Example) => ({
    name: `${operation.id}.${example.name}`,
    method,
    path,
    access,
    example,
  })),
);

/** Each is asked in a house of its own, whose clock and randomness are the same every time. */
async function answerTo({ method, path, access, example }: (typeof cases)[number]): Promise<RecordedAnswer> {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => example.path?.[name] ?? "missing");
  const query = new URLSearchParams(example.query).toString();
  const response = await createExampleHouse().ask(method, query === "" ? filled : `${filled}?${query}`, {
    ...(access === "open" || example.headers?.["ringback-token"] !== undefined ? { key: null } : {}),
    ...(example.body === undefined ? {} : { body: example.body as object }),
    headers: { ...example.headers },
  });
  const type = response.headers.get("content-type")?.split(";")[0] ?? null;
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !notShown.has(name)));
  const text = await response.text();
  if (example.showsAnswer === false || text === "") return { status: response.status, type, headers };
  const isJson = type !== null && /[/+]json$/.test(type);
  return { status: response.status, type, headers, body: isJson ? (JSON.parse(text) as unknown) : text };
}

describe("the examples of the document", () => {
  test.each(cases)("$name is answered as the document shows", async (one) => {
    expect(await answerTo(one)).toEqual(recordedAnswers[one.name]);
  });

  test("every operation has one that is no error, and names are unique", () => {
    const names = cases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { operation } of createExampleHouse().routes) {
      const statuses = operation.examples.map(
        ({ name }: Example) => recordedAnswers[`${operation.id}.${name}`]?.status ?? 0,
      );
      expect([operation.id, statuses.some((status) => status >= 200 && status < 400)]).toEqual([
        operation.id,
        true,
      ]);
    }
  });

  /** `vitest run -u` with this file records what has changed; nothing is edited by hand. */
  test("what is recorded is what is answered, and nothing else", async () => {
    const answers: Record<string, RecordedAnswer> = {};
    for (const one of cases) answers[one.name] = await answerTo(one);
    await expect(`${JSON.stringify(answers, null, 2)}\n`).toMatchFileSnapshot("./recorded-answers.json");
  });
});
