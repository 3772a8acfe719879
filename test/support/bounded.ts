// Puts a bound on every wait of the tests: a signal that does not come fails the test with what was waited for.

/** Resolves as `promise` does; rejects after `timeoutMs` with a sentence made by `what`, which is asked only then. */
export function bounded<Value>(
  promise: Promise<Value>,
  timeoutMs: number,
  what: () => string,
): Promise<Value> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`after ${timeoutMs} ms still no ${what()}`)), timeoutMs);
  return Promise.race([promise, expired]).finally(() => clearTimeout(timer));
}
