// The bounds that hold below the app, against clients that are slow, oversized or many.

export interface HttpLimits {
  /** Milliseconds for a request's headers, and for all of it; Node wants the first to be no longer than the second. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a connection without a request is kept: longer than the 60 s of most load balancers, which must be the ones to close it. */
  readonly keepAliveMs: number;
  /** How often Node looks whether a time is over, so by how much it may be late. */
  readonly timeoutsCheckedEveryMs: number;
  /** All headers together, and how many lines. */
  readonly headerBytesMax: number;
  readonly headersMax: number;
  readonly connectionsMax: number;
  /** After so many requests a connection is closed, which spreads clients over new processes. */
  readonly requestsPerConnectionMax: number;
  /** How much of a body that nobody wants is still taken before the connection is closed, and for how long. */
  readonly lingerBytesMax: number;
  readonly lingerMs: number;
}

export const httpLimits: HttpLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveMs: 72_000,
  timeoutsCheckedEveryMs: 2_000,
  headerBytesMax: 16_384,
  headersMax: 200,
  connectionsMax: 10_000,
  requestsPerConnectionMax: 10_000,
  lingerBytesMax: 1_048_576,
  lingerMs: 2_000,
};
