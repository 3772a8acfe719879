// Tells the other processes what has been committed here, and this one what was committed there: LISTEN and NOTIFY.
//
// Told are changes, and the rings that only one process can answer, nobody knows which: for a lane that is held, and to
// cancel a run. All are hints: what is lost costs whoever waits one more look. So they travel on a connection of their own, after the
// commit (a NOTIFY inside a transaction would make every commit of the database wait in one line), many changes at a time,
// and wait for no disk: whoever would have heard of what a crash of the server loses has lost its connection as well.
import { Client } from "pg";
import type { Change, Clock, Instant, Log, Random, Ring, RingSink } from "@ringback/core";
import type { ChangeFeed } from "../change-feed.ts";
import { connectionOptions } from "./pools.ts";

export interface ChangeChannel {
  /** Passes on what this process has committed. */
  tell(committed: { readonly changes: readonly Change[]; readonly rings: readonly Ring[] }): void;
  /** Resolves when it first listens, or has failed to; then it goes on trying. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const channel = "ringback_changes";
/** PostgreSQL's own limit is 8,000 bytes. */
const payloadLengthMax = 7_000;
/** What more changes than this wait for the connection is forgotten. */
const waitingMax = 10_000;
/** Least time between two messages: what is told in between goes together, so that a busy process does not tell of each commit. */
const gatherMs = 5;
const reconnectMinMs = 100;
const reconnectMaxMs = 5_000;

/** What happened, the tenant, and the id of the job, the replay or the lane. */
type Spelled = readonly [sort: Change["kind"] | "cancel" | "lane", tenantId: string, id: string];

export function createChangeChannel(
  connectionString: string,
  parts: {
    readonly feed: ChangeFeed;
    /** Hears the rings of other processes. */
    readonly ring: RingSink;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
  },
): ChangeChannel {
  const { feed, ring, clock, log } = parts;
  const origin = Buffer.from(parts.random.bytes(9)).toString("base64url");
  let client: Client | null = null;
  let waiting = new Map<string, Spelled>();
  let sending: Promise<void> | null = null;
  let closed = false;
  let failures = 0;
  let forgetRetry = (): void => undefined;
  let forgetGather = (): void => undefined;

  async function connect(): Promise<void> {
    if (closed) return;
    const fresh = new Client(connectionOptions(connectionString, "off"));
    fresh.on("error", (error) => lost(fresh, error.message));
    fresh.on("end", () => lost(fresh, "ended"));
    fresh.on("notification", ({ payload }) => hear(payload));
    try {
      await fresh.connect();
      await fresh.query(`listen ${channel}`);
    } catch (thrown) {
      lost(fresh, String(thrown));
      await fresh.end().catch(() => undefined);
      return;
    }
    if (closed) {
      await fresh.end();
      return;
    }
    client = fresh;
    failures = 0;
    send();
  }

  const given = new WeakSet<Client>();

  function lost(which: Client, reason: string): void {
    if (closed || given.has(which)) return;
    given.add(which);
    if (client === which) client = null;
    log.warn("store.change_channel_lost", { error: reason });
    const delayMs = Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(failures, 10));
    failures += 1;
    forgetRetry = clock.after(delayMs, () => void connect());
  }

  function hear(payload: string | undefined): void {
    const heard = parsePayload(payload);
    if (heard === null || heard.origin === origin) return;
    const rings = heard.news.flatMap((one) => ringOf(one, clock.now()));
    if (rings.length > 0) ring(rings);
    feed.publish(heard.news.flatMap(changeOf));
  }

  /** One statement at a time, and not at once after the last; what comes meanwhile goes with the next one. */
  function send(): void {
    if (sending !== null || client === null || waiting.size === 0) return;
    const through = client;
    sending = notify(through).catch((thrown: unknown) => {
      // A peer that does not answer is as good as gone: this connection would hear nothing either.
      lost(through, String(thrown));
      return through.end().catch(() => undefined);
    });
    void sending.then(() => {
      forgetGather = clock.after(gatherMs, () => {
        sending = null;
        send();
      });
    });
  }

  async function notify(through: Client): Promise<void> {
    const payloads = spellPayloads(origin, [...waiting.values()]);
    waiting = new Map();
    await through.query({
      name: "notify",
      text: "select pg_notify($1, payload) from unnest($2::text[]) as payload",
      values: [channel, payloads],
    });
  }

  return {
    tell({ changes, rings }) {
      if (closed || waiting.size > waitingMax) return;
      for (const spelled of [...changes.map(spellChange), ...rings.flatMap(spellRing)]) {
        waiting.set(spelled.join(" "), spelled);
      }
      send();
    },
    start: connect,
    async close() {
      closed = true;
      forgetRetry();
      forgetGather();
      await sending;
      const last = client;
      client = null;
      if (last !== null && waiting.size > 0) await notify(last).catch(() => undefined);
      await last?.end().catch(() => undefined);
    },
  };
}

function spellChange(change: Change): Spelled {
  const { kind, tenantId } = change;
  if (kind === "event") return [kind, tenantId, ""];
  return [kind, tenantId, kind === "job" ? change.jobId : change.replayId];
}

/** A ring for a time to come is left to whoever holds the lane: it looks again when it gives the lane back. */
function spellRing(ring: Ring): Spelled[] {
  if (ring.kind === "cancel") return [["cancel", ring.tenantId, ring.jobId]];
  return ring.kind === "lane" && ring.held === true ? [["lane", ring.tenantId, ring.laneId]] : [];
}

function changeOf([sort, tenantId, id]: Spelled): Change[] {
  if (sort === "event") return [{ kind: "event", tenantId }];
  if (sort === "replay") return [{ kind: "replay", tenantId, replayId: id }];
  return sort === "job" ? [{ kind: "job", tenantId, jobId: id }] : [];
}

function ringOf([sort, tenantId, id]: Spelled, now: Instant): Ring[] {
  if (sort === "cancel") return [{ kind: "cancel", tenantId, jobId: id }];
  return sort === "lane" ? [{ kind: "lane", tenantId, laneId: id, at: now, held: true }] : [];
}

/** As many payloads as it takes. */
function spellPayloads(origin: string, changes: readonly Spelled[]): string[] {
  const payloads: string[] = [];
  let part: string[] = [];
  let length = 0;
  const close = (): void => {
    if (part.length > 0) payloads.push(`["${origin}",[${part.join(",")}]]`);
    part = [];
    length = 0;
  };
  for (const change of changes) {
    const spelled = JSON.stringify(change);
    if (length + spelled.length > payloadLengthMax) close();
    part.push(spelled);
    length += spelled.length + 1;
  }
  close();
  return payloads;
}

function parsePayload(
  payload: string | undefined,
): { readonly origin: string; readonly news: readonly Spelled[] } | null {
  try {
    const [origin, news] = JSON.parse(payload ?? "") as [string, Spelled[]];
    return { origin, news };
  } catch {
    return null;
  }
}
