// Stands between a store and its server, and cuts connections where it hurts.
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface CuttingProxy {
  /** The same database, reached through the proxy. */
  readonly connectionString: string;
  /** Cuts the next connection whose commit the server confirms, before the confirmation gets through. */
  cutAtNextCommit(): void;
  /** How often it has cut. */
  readonly cuts: () => number;
  /** Cuts everything and refuses connections until `resume`. */
  refuse(): Promise<void>;
  resume(): Promise<void>;
}

/** PostgreSQL's CommandComplete of a commit: its type, its length and the tag. */
const confirmation = Buffer.from("C\0\0\0\x0bCOMMIT\0", "latin1");

export async function openCuttingProxy(connectionString: string): Promise<CuttingProxy> {
  const target = new URL(connectionString);
  const sockets = new Set<Socket>();
  let cutting = false;
  let cuts = 0;
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;

  function listen(at: number): Promise<Server> {
    const fresh = createServer(serve);
    return new Promise((resolve) => fresh.listen(at, "127.0.0.1", () => resolve(fresh)));
  }

  function serve(client: Socket): void {
    const upstream = connect(Number(target.port), target.hostname);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on("data", (chunk) => upstream.write(chunk));
    upstream.on("data", (chunk) => {
      const at = cutting ? chunk.indexOf(confirmation) : -1;
      if (at === -1) {
        client.write(chunk);
        return;
      }
      cutting = false;
      cuts += 1;
      client.write(chunk.subarray(0, at), end);
    });
  }

  async function refuse(): Promise<void> {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  onTestFinished(() => (server.listening ? refuse() : undefined));
  const through = new URL(connectionString);
  through.hostname = "127.0.0.1";
  through.port = String(port);
  return {
    connectionString: through.href,
    cutAtNextCommit: () => void (cutting = true),
    cuts: () => cuts,
    refuse,
    async resume() {
      server = await listen(port);
    },
  };
}
