// What the API's answers look like to a client that knows only the contract.

export interface JobJson {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly done: boolean;
  readonly progress?: { readonly percent: number; readonly message?: string };
  readonly input?: unknown;
  readonly result?: unknown;
  readonly resultUrl?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly run: number };
  readonly runs: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly callback?: {
    readonly url?: string;
    readonly endpointId?: string;
    readonly deliveries: DeliveryCountsJson;
  };
  readonly createdAt: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly expiresAt?: string;
  readonly version: number;
  readonly links: Readonly<Record<"self" | "status" | "result" | "events", string>>;
}

export interface DeliveryCountsJson {
  readonly pending: number;
  readonly delivered: number;
  readonly dead: number;
  readonly canceled: number;
}

export interface AttemptJson {
  readonly id?: string;
  readonly n: number;
  readonly trigger: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly url: string;
  readonly request?: {
    readonly headers: Readonly<Record<string, string>>;
    readonly bodyBytes: number;
  } | null;
  readonly response?: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly truncated: boolean;
  } | null;
  readonly outcome: string;
  readonly code: string;
  readonly detail?: string | null;
  readonly peerAddress?: string | null;
  readonly retryAt?: string | null;
}

export interface DeliveryJson {
  readonly id: string;
  readonly eventId: string;
  readonly jobId?: string | null;
  readonly endpointId?: string | null;
  readonly status: string;
  readonly dueAt?: string | null;
  readonly held?: boolean;
  readonly createdAt: string;
  /** The list answers a number, the single delivery the attempts themselves. */
  readonly attempts: number | readonly AttemptJson[];
  readonly explain?: string;
}

export interface DeliveryDetailJson extends DeliveryJson {
  readonly attempts: readonly AttemptJson[];
  readonly explain: string;
}

export interface FeedItemJson {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface FeedJson {
  readonly data: readonly FeedItemJson[];
  readonly cursor: string;
  readonly hasMore: boolean;
}

export interface PageJson<Item> {
  readonly data: readonly Item[];
  readonly nextCursor?: string | null;
}

export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}
