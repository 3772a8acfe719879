// A request as the bytes that are sent, made once and sent often.

export interface RequestParts {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly apiKey: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function requestBytes({ method, path, apiKey, headers = {}, body }: RequestParts): Buffer {
  const sent: Record<string, string> = { host: "127.0.0.1", authorization: `Bearer ${apiKey}`, ...headers };
  if (body !== undefined) {
    sent["content-type"] = "application/json";
    sent["content-length"] = String(Buffer.byteLength(body));
  }
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`);
}
