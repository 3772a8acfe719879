// The bare route that polls are compared with: Hono on the same adaptor, which compares one ETag and answers 304.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import { answerParent, ready } from "./in-child.ts";

const etag = process.argv[2] ?? '"1"';

const app = new Hono();
app.get("/v1/jobs/:id", (context) => {
  const isKnown = context.req.header("if-none-match") === etag;
  return isKnown
    ? context.body(null, 304, { etag })
    : context.json({ id: context.req.param("id") }, 200, { etag });
});

answerParent({});
process.on("SIGTERM", () => process.exit(0));
const server = createAdaptorServer({ fetch: app.fetch }) as Server;
server.listen(0, "127.0.0.1", () => ready(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
