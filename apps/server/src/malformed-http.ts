// Answers for requests that never reach the app because they are not HTTP as we accept it: the app's own problem documents.
import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { makeRequestId, problemResponse, type ProblemCode } from "@ringback/api";
import type { Random } from "@ringback/core";
import type { HttpLimits } from "./http-limits.ts";

export interface MalformedHttp {
  /** For what the HTTP parser refuses or gives up on. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void;
  /** For what parses as HTTP but names no address that a request can have. */
  response(detail: string): Response;
  /** For well-formed headers that are more than may be. */
  tooManyHeaders(outgoing: ServerResponse): void;
}

interface Fault {
  readonly code: ProblemCode;
  readonly detail: string;
}

const notHttp: Fault = { code: "http-invalid", detail: "The request is not valid HTTP/1.1." };

export function answerMalformedHttp(
  random: Random,
  { headerBytesMax, headersMax }: Pick<HttpLimits, "headerBytesMax" | "headersMax">,
): MalformedHttp {
  const faults: Readonly<Record<string, Fault>> = {
    HPE_HEADER_OVERFLOW: { code: "headers-too-large", detail: `The headers exceed ${headerBytesMax} bytes.` },
    ERR_HTTP_REQUEST_TIMEOUT: { code: "request-timeout", detail: "The request did not arrive in time." },
  };
  const problem = ({ code, detail }: Fault) => {
    const { status, headers, body } = problemResponse(code, { detail, requestId: makeRequestId(random) });
    return { status, headers: { ...headers, connection: "close" }, body };
  };
  return {
    refuse(error, socket) {
      if (!socket.writable || error.code === "ECONNRESET") {
        socket.destroy();
        return;
      }
      const { status, headers, body } = problem(faults[error.code ?? ""] ?? notHttp);
      const lines = Object.entries({ ...headers, "content-length": String(Buffer.byteLength(body)) });
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n${head}\r\n${body}`);
    },
    response(detail) {
      const { status, headers, body } = problem({ code: "http-invalid", detail });
      return new Response(body, { status, headers });
    },
    tooManyHeaders(outgoing) {
      const detail = `The request has more than ${headersMax} headers.`;
      const { status, headers, body } = problem({ code: "headers-too-large", detail });
      outgoing.writeHead(status, headers).end(body);
    },
  };
}
