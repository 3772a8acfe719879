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
import { endpointHeaders, retryPolicyOf, type DeliveryRow, type EndpointRow } from "../nouns.ts";
import { rowReader } from "../rows.ts";
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

interface JobCallback {
  readonly tenantId: string;
  readonly jobId: string;
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
const selectCallbacks = `select tenant_id as "tenantId", id as "jobId", callback_url as url,
    callback_sealed_headers as "sealedHeaders", callback_sealed_secret as "sealedSecret", traceparent
  from job where (tenant_id, id) in ${asKeys}`;
const selectSecrets = `select tenant_id as "tenantId", owner, n, sealed, expires_at as "expiresAt"
  from signing_secret where (tenant_id, owner) in ${asKeys} order by n desc`;

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

/** What it takes to send these deliveries; each endpoint and each owner's secrets are looked up once. */
export async function receiversOfDeliveries(
  ground: Ground,
  rows: readonly DeliveryRow[],
): Promise<(row: DeliveryRow, now: Instant) => ReceiverNow | Unreadable> {
  const { sealing } = ground;
  const jobKeys = rows.flatMap((row): Key[] => (row.jobId === null ? [] : [[row.tenantId, row.jobId]]));
  const owners = rows.map((row): Key => [row.tenantId, row.endpointId ?? callbackOwner]);
  const [endpoints, callbackRows, secretRows] = await Promise.all([
    endpointsOf(ground, rows),
    askByKey<JobCallback>(ground, selectCallbacks, jobKeys),
    askByKey<SecretLine>(ground, selectSecrets, owners),
  ]);
  const callbacks = new Map(callbackRows.map((row) => [keyOf(row.tenantId, row.jobId), row]));
  const opened = new Map<SecretLine, string>();

  function openOnce(line: SecretLine): string {
    const known = opened.get(line) ?? sealing.open(line.sealed, secretPlace(line));
    opened.set(line, known);
    return known;
  }

  function secretsOf(tenantId: string, owner: string, now: Instant): string[] {
    const active = secretRows.filter(
      (line) =>
        line.tenantId === tenantId &&
        line.owner === owner &&
        (line.expiresAt === null || line.expiresAt > now),
    );
    if (active.length === 0) throw new NotThere(`${owner} of tenant ${tenantId} has no signing secret.`);
    return active.map(openOnce);
  }

  function inlineReceiver(row: DeliveryRow, callback: JobCallback | undefined, now: Instant): ReceiverNow {
    if (callback === undefined || callback.url === null) {
      throw new NotThere(`Delivery ${row.id} is owed to a callback that does not exist.`);
    }
    const { tenantId, jobId, url, sealedHeaders, sealedSecret, traceparent } = callback;
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

  function receiverNow(row: DeliveryRow, now: Instant): ReceiverNow {
    const { tenantId, endpointId } = row;
    const callback = row.jobId === null ? undefined : callbacks.get(keyOf(tenantId, row.jobId));
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

  return (row, now) => readable(() => receiverNow(row, now));
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
