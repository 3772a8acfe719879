import { expect, onTestFinished, test } from "vitest";
import { makeHome } from "./e2e-home.ts";

test("a start with wrong settings names all of them at once, with the nearest name, and exits", async () => {
  const home = makeHome();
  onTestFinished(() => home.dispose());

  const exit = await home.startUntilExit({
    PORT: "99999999",
    RINGBACK_ROOT_KEY: "short",
    RINGBACK_ALLOW_NETWORKS: "10.0.0.0/99",
    RINGBACK_LOG_LEVL: "debug",
    RINGBACK_RUN_CONCURRENCY: "-1",
  });

  expect(exit).toEqual({ code: 1, signal: null });
  const said = home.output();
  for (const name of ["PORT", "RINGBACK_ROOT_KEY", "RINGBACK_ALLOW_NETWORKS", "RINGBACK_RUN_CONCURRENCY"]) {
    expect(said).toMatch(new RegExp(`^ *- ${name}\\b`, "m"));
  }
  expect(said).toContain("did you mean RINGBACK_LOG_LEVEL?");
  expect(said).not.toContain("short");
});

test("a handlers module that cannot be loaded stops the start and is named", async () => {
  const home = makeHome({ settings: { RINGBACK_HANDLERS: "./missing.ts" } });
  onTestFinished(() => home.dispose());

  const exit = await home.startUntilExit();

  expect(exit.code).toBe(1);
  expect(home.output()).toContain("./missing.ts");
});

test("the first start makes a key and a callback secret and shows them once", async () => {
  const home = makeHome({ settings: { RINGBACK_ROOT_KEY: "" } });
  onTestFinished(() => home.dispose());
  const first = await home.start();
  const key = /rb_live_\w+/.exec(home.output())?.[0] ?? "";
  const secret = /whsec_[\w+/=]+/.exec(home.output())?.[0] ?? "";
  const headers = { authorization: `Bearer ${key}` };

  expect((await fetch(`${first.url}/v1/jobs`, { headers })).status).toBe(200);
  const shown = await fetch(`${first.url}/v1/callback-secret`, { headers });
  expect(await shown.text()).toContain(secret);

  await first.terminate();
  const before = home.output().length;
  const second = await home.start();
  const said = home.output().slice(before);
  expect(said).not.toContain("rb_live_");
  expect(said).not.toContain("whsec_");
  expect((await fetch(`${second.url}/v1/jobs`, { headers })).status).toBe(200);
});
