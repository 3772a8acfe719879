// What a request to accept jobs can run into: keys and ids that are taken, endpoints that are not there, and limits.
//
// It is read, which costs a round trip with the tenant's count locked, or foreseen from the last time and only checked. A check that
// fails lets the transaction fail, which is then made again by reading.
import { notAdmitted, type Acceptance, type NotAdmitted } from "@ringback/core";
import type { AcceptedAhead } from "../../accepted-ahead.ts";
import { endpointBookOf, readTenantEndpoints } from "../endpoint-book.ts";
import { keyOf } from "../draft.ts";
import type { Foreseen } from "../foresight.ts";
import type { Ground } from "../ground.ts";
import { readLoads, sendAcceptLock, type TenantLoad } from "../job-counts.ts";
import type { EndpointBook } from "../states.ts";
import type { Transaction } from "../transaction.ts";
import { foresee } from "./foresee.ts";
import type { AtTime } from "../at-time.ts";
import { usedKeys, type UsedKey } from "./used-keys.ts";

export interface Known {
  readonly keys: Map<string, UsedKey>;
  /** By job, the hash of the request that made it under an id of its client's; null when it was not made so. */
  readonly ownIds: Map<string, string | null>;
  readonly endpoints: EndpointBook;
  readonly admission: AdmissionBook;
}

/** Judges one job after the other; `accepted` counts those that were. */
export interface AdmissionBook {
  /** Null when the job may be accepted after those that are `ahead` of it. */
  refused(item: Acceptance, ahead?: AcceptedAhead): NotAdmitted | null;
  accepted(tenantId: string): void;
}

type Items = readonly AtTime<Acceptance>[];

/** Tells these locks from the feed's. Ids share so many of them, which bounds what one transaction takes. */
const idLockClass = 724_612;
const idLocksMax = 1_024;
const lockIds = `select pg_advisory_xact_lock(${idLockClass}, lock) from (
    select distinct hashtext(tenant || ' ' || id) & ${idLocksMax - 1} as lock
    from unnest($1::text[], $2::text[]) as asked(tenant, id) order by 1
  ) as locks`;
const selectIds = `select tenant_id as "tenantId", id, request_hash as "requestHash" from job
  where (tenant_id, id) in (select * from unnest($1::text[], $2::text[]))`;

/** Everything that is looked at or checked after the lock sees what other processes have accepted before. */
export function knownFor(ground: Ground, items: Items): Known | Promise<Known> {
  const tenantIds = [...new Set(items.map(({ item }) => item.job.tenantId))];
  sendAcceptLock(ground.transaction, tenantIds);
  const foreseen = foresee(ground, items);
  return foreseen === null ? readKnown(ground, items, tenantIds) : knownFrom(ground, foreseen);
}

function knownFrom(ground: Ground, { loads, endpoints }: Foreseen): Known {
  const admission = admissionBook(ground, loads);
  return { keys: new Map(), ownIds: new Map(), endpoints: endpointBookOf(endpoints), admission };
}

async function readKnown(ground: Ground, items: Items, tenantIds: readonly string[]): Promise<Known> {
  const { transaction, foresight } = ground;
  const isAdmitting = items.some(({ item }) => item.admission !== undefined);
  const [ownIds, keys, endpoints, loads] = await Promise.all([
    takenIds(
      transaction,
      items.filter(({ item }) => item.ownId !== undefined),
    ),
    usedKeys(
      transaction,
      items.map(({ item }) => ({ tenantId: item.job.tenantId, idempotency: item.idempotency })),
    ),
    readTenantEndpoints(transaction, tenantIds),
    isAdmitting ? readLoads(transaction, tenantIds) : [],
    isAdmitting ? ground.backlog.refresh(transaction, items[0]?.now ?? 0) : null,
  ]);
  const admission = isAdmitting ? admissionBook(ground, loads) : admitsAll;
  const book = endpointBookOf(endpoints);
  if (isAdmitting) ground.afterCommit(() => foresight.remember({ loads, endpoints }));
  return { keys, ownIds, endpoints: book, admission };
}

const admitsAll: AdmissionBook = { refused: () => null, accepted: () => undefined };

function admissionBook({ backlog }: Ground, loads: readonly TenantLoad[]): AdmissionBook {
  const byTenant = new Map(loads.map((row) => [row.tenantId, row]));
  return {
    refused({ job: { tenantId }, admission }, ahead) {
      if (admission === undefined) return null;
      const { unfinished = 0, unfinishedMax = null } = byTenant.get(tenantId) ?? {};
      return notAdmitted(admission, {
        unfinished: unfinished + (ahead?.of(tenantId) ?? 0),
        unfinishedMax,
        backlog: backlog.unfinished + (ahead?.all ?? 0),
      });
    },
    accepted(tenantId) {
      const load = byTenant.get(tenantId);
      if (load !== undefined) load.unfinished += 1;
      backlog.accepted();
    },
  };
}

/**
 * Waits for other processes that are accepting the same ids, and then looks: what they have written is seen, since every
 * statement sees what was committed before it began.
 */
async function takenIds(transaction: Transaction, named: Items): Promise<Map<string, string | null>> {
  if (named.length === 0) return new Map();
  const keys = [named.map(({ item }) => item.job.tenantId), named.map(({ item }) => item.job.id)];
  transaction.send(lockIds, keys);
  const rows = await transaction.ask<{ tenantId: string; id: string; requestHash: string | null }>(
    selectIds,
    keys,
  );
  return new Map(rows.map((row) => [keyOf(row.tenantId, row.id), row.requestHash]));
}
