import { expect, onTestFinished, test } from "vitest";
import { makeHome } from "./e2e-home.ts";

test("a supervisor that repeats SIGTERM does not break the drain: exit 0", async () => {
  const home = makeHome();
  onTestFinished(() => home.dispose());
  const server = await home.start();

  process.kill(server.pid, "SIGTERM");
  expect(await server.terminate()).toEqual({ code: 0, signal: null });
});

test("a callback to the server itself is refused by its bound address, also when HOST is a name", async () => {
  const networks = "127.0.0.0/8,[::1/128]";
  const home = makeHome({ settings: { HOST: "localhost", RINGBACK_ALLOW_NETWORKS: networks } });
  onTestFinished(() => home.dispose());
  const { url } = await home.start();
  const { port } = new URL(url);

  for (const own of [url, `http://localhost:${port}`]) {
    const body = { kind: "e2e.echo", callback: { url: `${own}/v1/jobs` } };
    const refused = await home.client.expect(422, "/v1/jobs", { method: "POST", body });
    expect(refused.json).toMatchObject({ code: "callback-url-rejected" });
    expect(refused.text, own).toContain("own-address");
  }
});
