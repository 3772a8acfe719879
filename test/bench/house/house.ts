// A house of its own for a figure: one database, and the real server on it as users start it, once or several times.
import { randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { makeApiKey } from "@ringback/core";
import { startChild, type Child } from "../children/child.ts";
import type { Closing } from "../closing.ts";
import type { Filling } from "../fill/statements.ts";
import { createApi, type Api } from "../load/api.ts";
import type { Mode, Role } from "./mode.ts";

export interface House {
  readonly apiKey: string;
  /** Starts the server, in as many processes as the mode and the roles ask for, and resolves when it listens. */
  start(options?: StartOptions): Promise<Server>;
  /** Puts rows into the tables, which a server has made; none may run meanwhile. */
  addRows(filling: Filling): Promise<void>;
}

export interface StartOptions {
  /** `all` unless told otherwise; the first is the one that is spoken to. */
  readonly roles?: readonly Role[];
  readonly settings?: Readonly<Record<string, string>>;
  /** Started instead of the server's own program, with these arguments. */
  readonly instead?: { readonly program: string; readonly args: readonly string[] };
}

export interface Server {
  /** Where the first of its processes listens. */
  readonly url: string;
  readonly api: Api;
  /** The process of that role, or the one that does everything. */
  process(role: Role): Child;
  /** SIGTERM to all; resolves when they are gone. */
  stop(): Promise<void>;
}

/**
 * As users start it, but for where callbacks may go. A limit of admission (requests, unfinished jobs, backlog) that a figure
 * would run into is lifted here, and only here: what is measured is how fast it is, not how it refuses.
 */
const commonSettings: Readonly<Record<string, string>> = {
  PORT: "0",
  RINGBACK_ALLOW_NETWORKS: "127.0.0.0/8",
  RINGBACK_REQUESTS_PER_MINUTE: "100000000",
  RINGBACK_HANDLERS: fileURLToPath(new URL("../handlers.ts", import.meta.url)),
};

const serverProgram = "../../../apps/server/src/main.ts";
/** Those of `npm start`. */
const serverFlags = JSON.parse(
  readFileSync(new URL("../../../apps/server/node-flags.json", import.meta.url), "utf8"),
) as readonly string[];
const listens = /^Ringback listens on (http\S+)$/m;

export async function openHouse(mode: Mode, closing: Closing): Promise<House> {
  const database = await mode.openDatabase(closing);
  const apiKey = makeApiKey({ bytes: (count) => randomFillSync(new Uint8Array(count)), unit: () => 0 });

  function startProcess(role: Role, { settings = {}, instead }: StartOptions): Promise<Child> {
    const env = { ...commonSettings, RINGBACK_ROOT_KEY: apiKey, ...database.settings(role), ...settings };
    const options = { env, cwd: tmpdir(), flags: serverFlags };
    return instead === undefined
      ? startChild(serverProgram, { ...options, preload: "probe.ts", readyLine: listens })
      : startChild(instead.program, { ...options, args: instead.args });
  }

  return {
    apiKey,
    addRows: (filling) => database.addRows(filling),
    async start(options = {}) {
      const processes = new Map<Role, Child>();
      const stop = async (): Promise<void> => {
        await Promise.all([...processes.values()].map((child) => child.stop()));
      };
      closing.add(stop);
      for (const role of mode.rolesOf(options.roles ?? ["all"])) {
        processes.set(role, await startProcess(role, options));
      }
      const [first] = processes.values();
      const url = String(first?.told);
      const api = createApi(url, apiKey);
      closing.add(() => api.close());
      return { url, api, stop, process: (role) => processOf(processes, role) };
    },
  };
}

function processOf(processes: ReadonlyMap<Role, Child>, role: Role): Child {
  const child = processes.get(role) ?? processes.get("all");
  if (child === undefined) throw new Error(`no process has the role ${role}`);
  return child;
}
