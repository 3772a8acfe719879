// Looks up what an attempt needs of its receiver, as it is configured now: URL, headers, secrets, policy, deadline.
import {
  attemptTimeoutDefaultMs,
  defaultRetryPolicy,
  type ClaimedDelivery,
  type Instant,
  type RetryPolicy,
} from "@ringback/core";
import Sqlite from "better-sqlite3";
import { SealBroken } from "../../sealing.ts";
import type { Ground } from "../ground.ts";
import { endpointHeaders, retryPolicyOf, type DeliveryRow, type EndpointRow } from "../nouns.ts";
import { createEndpointRows } from "./endpoint-rows.ts";
import { callbackOwner, secretPlace } from "../../secret-place.ts";

export type ReceiverNow = Pick<
  ClaimedDelivery,
  "url" | "headers" | "secrets" | "signature" | "policy" | "timeoutMs" | "traceparent"
>;

export interface Receivers {
  /** A lookup for one batch of one lane; it asks for each endpoint and each owner's secrets once. */
  lookup(now: Instant): (row: DeliveryRow) => ReceiverNow | Unreadable;
  /** The default one when the receiver's own cannot be read. */
  policyOf(row: DeliveryRow): RetryPolicy;
}

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
  readonly url: string | null;
  readonly sealedHeaders: string | null;
  readonly sealedSecret: string | null;
  readonly traceparent: string | null;
}

export function createReceivers(ground: Ground): Receivers {
  const { client, sealing } = ground;
  const endpoints = createEndpointRows(ground);
  const selectCallback = client.prepare<[string, string], JobCallback>(
    `select callback_url as url, callback_sealed_headers as "sealedHeaders",
       callback_sealed_secret as "sealedSecret", traceparent
     from job where tenant_id = ? and id = ?`,
  );
  const selectSecrets = client.prepare<[string, string, Instant], { n: number; sealed: string }>(
    `select n, sealed from signing_secret
     where tenant_id = ? and owner = ? and (expires_at is null or expires_at > ?) order by n desc`,
  );

  function secretsOf(tenantId: string, owner: string, now: Instant): string[] {
    const secrets = selectSecrets
      .all(tenantId, owner, now)
      .map(({ n, sealed }) => sealing.open(sealed, secretPlace({ tenantId, owner, n })));
    if (secrets.length === 0) throw new NotThere(`${owner} of tenant ${tenantId} has no signing secret.`);
    return secrets;
  }

  function endpointOf({ tenantId, endpointId }: DeliveryRow): EndpointRow | null {
    return endpointId === null ? null : endpoints.find({ tenantId, endpointId });
  }

  function jobCallback(row: DeliveryRow): JobCallback | undefined {
    return row.jobId === null ? undefined : selectCallback.get(row.tenantId, row.jobId);
  }

  function inlineReceiver(row: DeliveryRow, secrets: Secrets): ReceiverNow {
    const callback = jobCallback(row);
    if (callback === undefined || callback.url === null) {
      throw new NotThere(`Delivery ${row.id} is owed to a callback that does not exist.`);
    }
    const { tenantId } = row;
    const open = (column: string, sealed: string): string =>
      sealing.open(sealed, { tenantId, table: "job", rowId: row.jobId ?? "", column });
    const { url, sealedHeaders, sealedSecret, traceparent } = callback;
    return {
      url,
      headers:
        sealedHeaders === null
          ? {}
          : (JSON.parse(open("callback_sealed_headers", sealedHeaders)) as Record<string, string>),
      secrets:
        sealedSecret === null
          ? secrets(tenantId, callbackOwner)
          : [open("callback_sealed_secret", sealedSecret)],
      signature: "standard",
      policy: defaultRetryPolicy,
      timeoutMs: attemptTimeoutDefaultMs,
      traceparent,
    };
  }

  return {
    lookup(now) {
      const secrets = remembered((tenantId, owner) => secretsOf(tenantId, owner, now));
      const endpointNow = remembered((tenantId, endpointId) => {
        const found = endpoints.find({ tenantId, endpointId });
        if (found === null) throw new NotThere(`There is no endpoint ${endpointId}.`);
        const headers = endpointHeaders(found, sealing);
        const { url, timeoutMs, signature } = found;
        return {
          url,
          headers,
          signature,
          policy: retryPolicyOf(found),
          timeoutMs: timeoutMs ?? attemptTimeoutDefaultMs,
        };
      });
      const receiverNow = (row: DeliveryRow): ReceiverNow => {
        if (row.endpointId === null) return inlineReceiver(row, secrets);
        return {
          ...endpointNow(row.tenantId, row.endpointId),
          secrets: secrets(row.tenantId, row.endpointId),
          traceparent: jobCallback(row)?.traceparent ?? null,
        };
      };
      return (row) => readable(() => receiverNow(row));
    },
    policyOf(row) {
      const policy = readable(() => {
        const found = endpointOf(row);
        return found === null ? defaultRetryPolicy : retryPolicyOf(found);
      });
      return "unreadable" in policy ? defaultRetryPolicy : policy;
    },
  };
}

/** Throws only what the database itself is to blame for; everything else is a fault of the rows that were read. */
function readable<Value>(read: () => Value): Value | Unreadable {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof Sqlite.SqliteError) throw thrown;
    // Other errors may repeat a part of what they could not read.
    const isPlain = thrown instanceof SealBroken || thrown instanceof NotThere;
    const reason = isPlain ? thrown.message : "What is stored about it is damaged.";
    const isHeld = thrown instanceof SealBroken && thrown.code === "other_key";
    return { unreadable: `The receiver cannot be read, so nothing was sent. ${reason}`, isHeld };
  }
}

type Secrets = (tenantId: string, owner: string) => readonly string[];

/** Keeps the answers of one lookup. Ids hold no spaces, so two keys never look alike. */
function remembered<Value>(
  ask: (tenantId: string, id: string) => Value,
): (tenantId: string, id: string) => Value {
  const answers = new Map<string, Value>();
  return (tenantId, id) => {
    const key = `${id} ${tenantId}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = ask(tenantId, id);
    answers.set(key, answer);
    return answer;
  };
}
