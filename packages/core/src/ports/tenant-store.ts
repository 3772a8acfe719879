// The store's part for tenants, their keys and their audit. What is done with an `act` is written into the audit of the
// tenant that it is done to, in the same transaction; what changes nothing is not.
import type { ApiKey, NewApiKey } from "../tenant/api-key.ts";
import type { Act, AuditAction, AuditEntry } from "../tenant/audit.ts";
import type { Tenant, TenantLimits } from "../tenant/tenant.ts";
import type { ListPosition, Page, PageRequest } from "./page.ts";
import type { Instant } from "./time.ts";

export interface TenantStore {
  /** Makes the tenant with this callback secret unless it exists; true when it was made. */
  ensureTenant(
    tenant: { readonly id: string; readonly callbackSecret: string },
    now: Instant,
  ): Promise<boolean>;
  /** Null when there is a tenant of that id already. */
  createTenant(tenant: NewTenant, now: Instant, act: Act): Promise<Tenant | null>;
  /** Changes what is given and leaves the rest; null when there is no such tenant. */
  changeTenant(tenantId: string, change: TenantChange, now: Instant, act: Act): Promise<Tenant | null>;
  getTenant(tenantId: string): Promise<Tenant | null>;
  /** The newest first. */
  listTenants(page: PageRequest): Promise<Page<Tenant, ListPosition>>;
  /** Makes the new secret active at once; the earlier ones sign too until `overlapUntil`. */
  rotateCallbackSecret(
    tenantId: string,
    options: {
      readonly secret: string;
      readonly overlapUntil: Instant;
      readonly now: Instant;
      readonly act?: Act;
    },
  ): Promise<void>;
  /**
   * Puts the keys that the settings name. One with the same id, and one with the same lookup part, is replaced: it no longer
   * opens anything. One that is there already, just so, is left as it is.
   */
  putKeys(items: readonly NewApiKey[], now: Instant): Promise<void>;
  /** Adds a key; null when there is no such tenant. */
  createKey(key: NewApiKey, now: Instant, act: Act): Promise<ApiKey | null>;
  /** It opens nothing from now on. One that was revoked already stays as it is; null when the tenant has no such key. */
  revokeKey(
    key: { readonly tenantId: string; readonly keyId: string },
    now: Instant,
    act: Act,
  ): Promise<ApiKey | null>;
  /** Notes that the key was used at `at`, unless a use within `keyUseGrainMs` before has been noted. */
  noteKeyUse(key: { readonly tenantId: string; readonly keyId: string }, at: Instant): Promise<void>;
  getKey(tenantId: string, keyId: string): Promise<ApiKey | null>;
  /** The newest first, revoked ones included. */
  listKeys(tenantId: string, page: PageRequest): Promise<Page<ApiKey, ListPosition>>;
  /** By the key's 12 id characters, with the limits of its tenant; null when unknown. */
  findKey(lookup: string): Promise<KnownKey | null>;
  /** Adds the key unless there is one already, anybody's; true when it was added. Of several at once one is. */
  putFirstKey(item: NewApiKey, now: Instant): Promise<boolean>;
  /** The newest first. */
  listAudit(
    tenantId: string,
    filter: AuditFilter,
    page: PageRequest,
  ): Promise<Page<AuditEntry, ListPosition>>;
}

export interface NewTenant {
  readonly id: string;
  readonly name: string | null;
  readonly limits: TenantLimits;
  /** Its first callback secret, `whsec_…`. */
  readonly callbackSecret: string;
}

export interface TenantChange {
  readonly name?: string | null;
  readonly limits?: Partial<TenantLimits>;
}

export interface KnownKey extends ApiKey {
  readonly limits: TenantLimits;
}

export interface AuditFilter {
  readonly action?: AuditAction;
  readonly subject?: string;
  readonly keyId?: string;
  /** At or after, and before. */
  readonly from?: Instant;
  readonly until?: Instant;
}

export interface CallbackSecret {
  readonly secret: string;
  readonly createdAt: Instant;
  /** Null for the newest; when the overlap of a rotated one ends. */
  readonly expiresAt: Instant | null;
}
