// What can be waited for.

/** All events of a tenant, or one job. */
export interface Topic {
  readonly tenantId: string;
  readonly jobId?: string;
}

/** Ids hold no spaces, so two topics never look alike. */
export function topicKey({ tenantId, jobId }: Topic): string {
  return jobId === undefined ? `events ${tenantId}` : `job ${jobId} ${tenantId}`;
}
