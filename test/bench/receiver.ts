// The receiver of the benchmark: reads the body, counts it, answers 200, and does nothing else.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((request, response) => {
  request.on("data", () => undefined).on("end", () => response.writeHead(200, { "content-length": 0 }).end());
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on("SIGTERM", () => process.exit(0));
// Whoever started it may end in any way; nothing of the benchmark outlives it.
process.on("disconnect", () => process.exit(0));
