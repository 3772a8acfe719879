// The ground the rooms stand on: settings, clock, randomness, log, address guard, kinds, doorbell and the opened store.
import { hkdfSync } from "node:crypto";
import { isIP } from "node:net";
import {
  createKinds,
  type Clock,
  type Doorbell,
  type JobDefinition,
  type Kinds,
  type Log,
  type Random,
  type Store,
  type Traces,
} from "@ringback/core";
import {
  createAddressGuard,
  createHttpKind,
  type GuardedConnections,
  type OwnAddress,
} from "@ringback/dispatcher";
import { parseConfig, type Config, type Environment } from "./config/parse-config.ts";
import { loadHandlers } from "./load-handlers.ts";
import { createLog } from "./log.ts";
import { measuredStore } from "./metrics/measured-store.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import { openStore, type OpenedStore, type OpenParts } from "./open-store.ts";
import { StartRefused } from "./start-refused.ts";
import { systemClock, systemRandom } from "./system.ts";
import { openTraces } from "./traces/open-traces.ts";
import { version } from "./version.ts";

export interface StartOptions {
  /** The settings, usually `process.env`. */
  readonly env: Environment;
  /** Lets a test put something between the store and the rooms, to stop the process at a named point. */
  readonly decorateStore?: (store: Store) => Store;
  /** The machine's clock; a test gives one that is wrong. */
  readonly clock?: Clock;
}

export interface Ground {
  /** What isolates are given of it, handlers may read. */
  readonly env: Environment;
  readonly config: Config;
  readonly mode: OpenedStore["mode"];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly guard: GuardedConnections;
  readonly kinds: Kinds;
  readonly doorbell: Doorbell;
  readonly store: Store;
  readonly commits: OpenedStore["commits"];
  readonly metrics: Metrics;
  readonly traces: Traces;
  /** The first signs cursors, result links and tokens; what any of them has signed holds. */
  readonly tokenKeys: readonly [Uint8Array, ...(readonly Uint8Array[])];
  /** Where the server listens; known once it does. */
  readonly where: { url: string; address: string; port: number };
  close(): Promise<void>;
}

/** Throws StartRefused when the settings, the handlers or the store do not allow a start; nothing is left open then. */
export async function layGround(options: StartOptions): Promise<Ground> {
  const parsed = parseConfig(options.env);
  if (!parsed.ok) throw new StartRefused(parsed.problems);
  const { config } = parsed;
  const machine = options.clock ?? systemClock();
  const random = systemRandom();
  const log = createLog({ level: config.RINGBACK_LOG_LEVEL, fields: "listed" });
  const where = { url: "", address: "", port: 0 };
  const guard = createAddressGuard({
    allowNetworks: config.RINGBACK_ALLOW_NETWORKS ?? [],
    allowHttp: config.RINGBACK_ALLOW_HTTP,
    dnsServers: config.RINGBACK_DNS_SERVERS,
    ownAddresses: () => ownAddresses(config, where),
    clock: machine,
    log,
  });
  const httpKind = createHttpKind({ guard, clock: machine, userAgent: `Ringback/${version}` });
  const kinds = await loadKinds(config, httpKind);
  const metrics = createMetrics(machine);
  const opened = await openOrRefuse({ config, clock: machine, random, log, counted: metrics.counted });
  const { mode, clock } = opened;
  const spans = await openTraces({ config, mode, clock, random, log }).catch(async (thrown: unknown) => {
    await opened.close();
    throw thrown;
  });
  const [present, ...former] = opened.masterKeys;
  return {
    env: options.env,
    config,
    mode,
    clock,
    random,
    log,
    guard,
    kinds,
    doorbell: opened.doorbell,
    store: measuredStore(options.decorateStore?.(opened.store) ?? opened.store, metrics.durations),
    commits: opened.commits,
    metrics,
    traces: spans.traces,
    tokenKeys: [tokenKeyOf(present), ...former.map(tokenKeyOf)],
    where,
    async close() {
      metrics.stop();
      await Promise.all([opened.close(), spans.close()]);
    },
  };
}

function tokenKeyOf(masterKey: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", masterKey, "", "ringback tokens", 32));
}

async function openOrRefuse(parts: OpenParts): Promise<OpenedStore> {
  try {
    return await openStore(parts);
  } catch (thrown) {
    if (thrown instanceof Error) throw new StartRefused([thrown.message], { cause: thrown });
    throw thrown;
  }
}

/** A dispatcher runs no job and takes none, so it needs no handlers. */
async function loadKinds(config: Config, builtIn: JobDefinition): Promise<Kinds> {
  const paths = config.RINGBACK_ROLE === "dispatcher" ? [] : config.RINGBACK_HANDLERS;
  const { definitions, problems } = await loadHandlers(paths);
  const isTaken = definitions.some(({ kind }) => kind === builtIn.kind);
  const taken = `RINGBACK_HANDLERS: the kind "${builtIn.kind}" is built in; give yours another name`;
  const all = isTaken ? [...problems, taken] : problems;
  if (all.length > 0) throw new StartRefused(all);
  return createKinds([builtIn, ...definitions]);
}

/** A callback to ourselves would make jobs that make jobs, so the guard refuses where we listen and what we are called. */
function ownAddresses(config: Config, where: Ground["where"]): readonly OwnAddress[] {
  const { port } = where;
  if (port === 0) return [];
  const { HOST: host, RINGBACK_PUBLIC_URL: publicUrl } = config;
  const own: OwnAddress[] = [{ address: where.address, port }];
  if (isIP(host) === 0) own.push({ host, port });
  if (publicUrl === null) return own;
  const { protocol, hostname, port: publicPort } = new URL(publicUrl);
  return [
    ...own,
    { host: hostname, port: publicPort === "" ? (protocol === "https:" ? 443 : 80) : Number(publicPort) },
  ];
}
