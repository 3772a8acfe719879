// What `github.digest` finds in webhooks: counts by event and action, who is most active, and the range of time.
import type { ArchivedWebhook } from "./github-archive.ts";

export interface Digest {
  readonly payloads: number;
  /** E.g. `{"pull_request": {"opened": 3, "closed": 2}}`; events without actions count under "-". */
  readonly events: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly repositories: readonly Activity[];
  readonly senders: readonly Activity[];
  readonly from: string | null;
  readonly until: string | null;
}

export interface Activity {
  readonly name: string;
  readonly payloads: number;
}

/** The parts of a GitHub payload that count; every other member is only searched for times. */
interface Payload {
  readonly action?: string;
  readonly repository?: { readonly full_name?: string };
  readonly sender?: { readonly login?: string };
}

const mostActive = 5;

/** Adds up webhooks one by one, so that its caller can report progress and stop between them. */
export class DigestBuilder {
  readonly #events = new Map<string, Map<string, number>>();
  readonly #repositories = new Map<string, number>();
  readonly #senders = new Map<string, number>();
  #payloads = 0;
  #earliest = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;

  add(webhook: ArchivedWebhook): void {
    const payload = JSON.parse(webhook.body) as Payload;
    this.#payloads += 1;
    const actions = this.#events.get(webhook.event) ?? new Map<string, number>();
    this.#events.set(webhook.event, actions);
    count(actions, payload.action ?? "-");
    count(this.#repositories, payload.repository?.full_name);
    count(this.#senders, payload.sender?.login);
    const happenedAt = latestTimeIn(payload);
    this.#earliest = Math.min(this.#earliest, happenedAt ?? this.#earliest);
    this.#latest = Math.max(this.#latest, happenedAt ?? this.#latest);
  }

  finish(): Digest {
    const events = [...this.#events].toSorted(([left], [right]) => left.localeCompare(right));
    return {
      payloads: this.#payloads,
      events: Object.fromEntries(events.map(([event, actions]) => [event, Object.fromEntries(actions)])),
      repositories: top(this.#repositories),
      senders: top(this.#senders),
      from: Number.isFinite(this.#earliest) ? new Date(this.#earliest).toISOString() : null,
      until: Number.isFinite(this.#latest) ? new Date(this.#latest).toISOString() : null,
    };
  }
}

function count(counts: Map<string, number>, name: string | undefined): void {
  if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
}

function top(counts: ReadonlyMap<string, number>): readonly Activity[] {
  return [...counts]
    .map(([name, payloads]) => ({ name, payloads }))
    .toSorted((left, right) => right.payloads - left.payloads)
    .slice(0, mostActive);
}

/** A payload does not say when it was sent; the newest `…_at` in it is the closest. Seconds or RFC 3339; null without one. */
function latestTimeIn(value: unknown): number | null {
  if (typeof value !== "object" || value === null) return null;
  const times = Object.entries(value).map(([name, member]) =>
    name.endsWith("_at") || name === "timestamp" ? toTime(member) : latestTimeIn(member),
  );
  return times.reduce<number | null>(
    (latest, time) => (time === null ? latest : Math.max(latest ?? time, time)),
    null,
  );
}

function toTime(value: unknown): number | null {
  const time =
    typeof value === "number" ? value * 1_000 : typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
