// What can be waited for.

/** All events of a tenant, or one job, or one replay. */
export interface Topic {
  readonly tenantId: string;
  readonly jobId?: string;
  readonly replayId?: string;
}

/** Ids hold no spaces, so two topics never look alike. */
export function topicKey({ tenantId, jobId, replayId }: Topic): string {
  if (replayId !== undefined) return `replay ${replayId} ${tenantId}`;
  return jobId === undefined ? `events ${tenantId}` : `job ${jobId} ${tenantId}`;
}
