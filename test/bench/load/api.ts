// Speaks to a server's API: as many requests at once as asked for, over kept connections.
import { Connection, type Answer } from "./connection.ts";
import { requestBytes, type RequestParts } from "./request-bytes.ts";

export interface Api {
  /** Rejects, with the answer's text, unless its status is `status`. */
  expect(status: number, request: Omit<RequestParts, "apiKey">): Promise<Answer>;
  /** A GET that answers 200 with JSON. */
  get<Shape>(path: string): Promise<Shape>;
  /** A POST that answers with JSON; `status` is 200 unless told otherwise. */
  post<Shape>(path: string, body?: unknown, status?: number): Promise<Shape>;
  close(): void;
}

/** Requests at once; those above wait for a connection. */
const connectionsMax = 256;

export function createApi(url: string, apiKey: string): Api {
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];

  function take(): Connection | Promise<Connection> {
    const kept = idle.pop();
    if (kept !== undefined) return kept;
    if (all.length === connectionsMax) return new Promise((resolve) => waiting.push(resolve));
    const made = new Connection(url);
    all.push(made);
    return made;
  }

  function giveBack(connection: Connection): void {
    const next = waiting.shift();
    if (next === undefined) idle.push(connection);
    else next(connection);
  }

  async function send(request: Buffer): Promise<Answer> {
    const connection = await take();
    try {
      return await connection.send(request);
    } finally {
      giveBack(connection);
    }
  }

  const expect: Api["expect"] = async (status, request) => {
    const answer = await send(requestBytes({ ...request, apiKey }));
    if (answer.status === status) return answer;
    throw new Error(`${request.method} ${request.path} answered ${answer.status}: ${answer.body}`);
  };

  return {
    expect,
    async get<Shape>(path: string) {
      return JSON.parse((await expect(200, { method: "GET", path })).body) as Shape;
    },
    async post<Shape>(path: string, body: unknown, status = 200) {
      const text = body === undefined ? {} : { body: JSON.stringify(body) };
      return JSON.parse((await expect(status, { method: "POST", path, ...text })).body) as Shape;
    },
    close() {
      for (const connection of all) connection.close();
    },
  };
}
