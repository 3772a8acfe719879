// Looks up what attempts need of their receivers, as these are configured now: URL, headers, secrets, policy, deadline.
import {
  attemptTimeoutDefaultMs,
  defaultRetryPolicy,
  type ClaimedDelivery,
  type Instant,
  type RetryPolicy,
} from "@ringback/core";
import { callbackOwner, secretPlace } from "../../secret-place.ts";
import { SealBroken } from "../../sealing.ts";
import { keyOf } from "../draft.ts";
import type { Ground } from "../ground.ts";
import type { LaneKey } from "../lane-draft.ts";
import { endpointHeaders, retryPolicyOf, type DeliveryRow, type EndpointRow } from "../nouns.ts";
import { rowReader, type RawRow } from "../rows.ts";
import { endpoint } from "../schema.ts";

export type ReceiverNow = Pick<
  ClaimedDelivery,
  "url" | "headers" | "secrets" | "signature" | "policy" | "timeoutMs" | "traceparent"
>;

/** What is stored about the receiver of one delivery is missing or damaged; that says nothing about its neighbours. */
export interface Unreadable {
  /** One plain sentence, with nothing in it of what was sealed. */
  readonly unreadable: string;
  /** It was sealed with a key that is not here: nothing is wrong with it, so it is held until the key is. */
  readonly isHeld: boolean;
}

/** Something that a delivery refers to is not there. */
class NotThere extends Error {}

/** What a delivery's own job says of its callback. */
export interface JobCallback {
  readonly url: string | null;
  readonly sealedHeaders: string | null;
  readonly sealedSecret: string | null;
  readonly traceparent: string | null;
}

interface SecretLine {
  readonly tenantId: string;
  readonly owner: string;
  readonly n: number;
  readonly sealed: string;
  readonly expiresAt: Instant | null;
}

const reader = rowReader(endpoint);
const asKeys = "(select * from unnest($1::text[], $2::text[]))";
const selectEndpoints = `select ${reader.list} from endpoint as t where (t.tenant_id, t.id) in ${asKeys}`;
const selectEndpointsOfLanes = `select ${reader.list} from lane as l
  join endpoint as t on t.tenant_id = l.tenant_id and t.id = l.endpoint_id where (l.tenant_id, l.id) in ${asKeys}`;
const selectSecretsOfLanes = `select s.tenant_id as "tenantId", s.owner, s.n, s.sealed, s.expires_at as "expiresAt"
  from lane as l join signing_secret as s on s.tenant_id = l.tenant_id and s.owner = coalesce(l.endpoint_id, $3)
  where (l.tenant_id, l.id) in ${asKeys} order by s.n desc`;
/** Of `job as j`, which need not be there. */
export const callbackColumns = `j.callback_url as "callbackUrl", j.callback_sealed_headers as "callbackHeaders",
    j.callback_sealed_secret as "callbackSecret", j.traceparent as "callbackTraceparent", j.id is not null as "hasJob"`;

/** Takes what `callbackColumns` have brought out of a row; null when there is no such job. */
export function splitCallback(raw: RawRow): {
  readonly columns: RawRow;
  readonly callback: JobCallback | null;
} {
  const { callbackUrl, callbackHeaders, callbackSecret, callbackTraceparent, hasJob, ...columns } = raw;
  const callback = {
    url: callbackUrl,
    sealedHeaders: callbackHeaders,
    sealedSecret: callbackSecret,
    traceparent: callbackTraceparent,
  } as JobCallback;
  return { columns, callback: hasJob === true ? callback : null };
}

type Key = readonly [tenantId: string, id: string];

async function askByKey<Row extends object>(
  ground: Ground,
  text: string,
  keys: readonly Key[],
): Promise<Row[]> {
  const wanted = [...new Map(keys.map((key) => [keyOf(...key), key])).values()];
  if (wanted.length === 0) return [];
  return ground.transaction.ask<Row>(text, [
    wanted.map(([first]) => first),
    wanted.map(([, second]) => second),
  ]);
}

/** The endpoints with these ids, by `keyOf`. */
async function endpointsOf(ground: Ground, rows: readonly DeliveryRow[]): Promise<Map<string, EndpointRow>> {
  const keys = rows.flatMap((row): Key[] =>
    row.endpointId === null ? [] : [[row.tenantId, row.endpointId]],
  );
  const found = await askByKey<Record<string, unknown>>(ground, selectEndpoints, keys);
  return new Map(found.map(reader.read).map((row) => [keyOf(row.tenantId, row.id), row]));
}

/** The retry policies that hold for these deliveries now; the default one when the receiver's own cannot be read. */
export async function policiesOf(
  ground: Ground,
  rows: readonly DeliveryRow[],
): Promise<(row: DeliveryRow) => RetryPolicy> {
  const endpoints = await endpointsOf(ground, rows);
  return ({ tenantId, endpointId }) => {
    const found = endpointId === null ? undefined : endpoints.get(keyOf(tenantId, endpointId));
    const policy = readable(() => (found === undefined ? defaultRetryPolicy : retryPolicyOf(found)));
    return "unreadable" in policy ? defaultRetryPolicy : policy;
  };
}

/** The receivers of some lanes, with their secrets. */
export interface LaneReceivers {
  readonly endpoints: ReadonlyMap<string, EndpointRow>;
  readonly secrets: readonly SecretLine[];
}

/** Reads them, each once. */
export async function receiversOfLanes(
  { transaction }: Ground,
  lanes: readonly LaneKey[],
): Promise<LaneReceivers> {
  const keys = [lanes.map(({ tenantId }) => tenantId), lanes.map(({ laneId }) => laneId)];
  const [endpointRows, secrets] = await Promise.all([
    transaction.ask(selectEndpointsOfLanes, keys),
    transaction.ask<SecretLine>(selectSecretsOfLanes, [...keys, callbackOwner]),
  ]);
  const endpoints = endpointRows.map(reader.read).map((row) => [keyOf(row.tenantId, row.id), row] as const);
  return { endpoints: new Map(endpoints), secrets };
}

/** What it takes to send a delivery of these lanes, whose job has this callback, at that instant. */
export type ReceiverOf = (
  row: DeliveryRow,
  callback: JobCallback | null,
  now: Instant,
) => ReceiverNow | Unreadable;

export function receiverFrom({ sealing }: Ground, { endpoints, secrets }: LaneReceivers): ReceiverOf {
  const opened = new Map<SecretLine, string>();

  function openOnce(line: SecretLine): string {
    const known = opened.get(line) ?? sealing.open(line.sealed, secretPlace(line));
    opened.set(line, known);
    return known;
  }

  function secretsOf(tenantId: string, owner: string, now: Instant): string[] {
    const active = secrets.filter(
      (line) =>
        line.tenantId === tenantId &&
        line.owner === owner &&
        (line.expiresAt === null || line.expiresAt > now),
    );
    if (active.length === 0) throw new NotThere(`${owner} of tenant ${tenantId} has no signing secret.`);
    return active.map(openOnce);
  }

  function inlineReceiver(row: DeliveryRow, callback: JobCallback | null, now: Instant): ReceiverNow {
    if (callback === null || callback.url === null || row.jobId === null) {
      throw new NotThere(`Delivery ${row.id} is owed to a callback that does not exist.`);
    }
    const { tenantId, jobId } = row;
    const { url, sealedHeaders, sealedSecret, traceparent } = callback;
    const open = (column: string, sealed: string): string =>
      sealing.open(sealed, { tenantId, table: "job", rowId: jobId, column });
    return {
      url,
      headers:
        sealedHeaders === null
          ? {}
          : (JSON.parse(open("callback_sealed_headers", sealedHeaders)) as Record<string, string>),
      secrets:
        sealedSecret === null
          ? secretsOf(tenantId, callbackOwner, now)
          : [open("callback_sealed_secret", sealedSecret)],
      signature: "standard",
      policy: defaultRetryPolicy,
      timeoutMs: attemptTimeoutDefaultMs,
      traceparent,
    };
  }

  function receiverNow(row: DeliveryRow, callback: JobCallback | null, now: Instant): ReceiverNow {
    const { tenantId, endpointId } = row;
    if (endpointId === null) return inlineReceiver(row, callback, now);
    const found = endpoints.get(keyOf(tenantId, endpointId));
    if (found === undefined) throw new NotThere(`There is no endpoint ${endpointId}.`);
    return {
      url: found.url,
      headers: endpointHeaders(found, sealing),
      signature: found.signature,
      policy: retryPolicyOf(found),
      timeoutMs: found.timeoutMs ?? attemptTimeoutDefaultMs,
      secrets: secretsOf(tenantId, endpointId, now),
      traceparent: callback?.traceparent ?? null,
    };
  }

  return (row, callback, now) => readable(() => receiverNow(row, callback, now));
}

/** The rows have been read by now, so whatever is thrown is a fault of theirs. */
function readable<Value>(read: () => Value): Value | Unreadable {
  try {
    return read();
  } catch (thrown) {
    // Other errors may repeat a part of what they could not read.
    const isPlain = thrown instanceof SealBroken || thrown instanceof NotThere;
    const reason = isPlain ? thrown.message : "What is stored about it is damaged.";
    const isHeld = thrown instanceof SealBroken && thrown.code === "other_key";
    return { unreadable: `The receiver cannot be read, so nothing was sent. ${reason}`, isHeld };
  }
}
