// How long transactions on PostgreSQL hold locks, seen from the process that makes them: from the first statement that found
// something to lock or to write was sent, to the answer of the commit. What came before it in the transaction found nothing.
import { Client } from "pg";

export interface LockTimes {
  /** The longest since the last reset, in milliseconds. */
  longestMs(): number;
  reset(): void;
}

interface Statement {
  readonly text: string;
  readonly sentMs: number;
  found: boolean;
}

const locks = /\bfor (?:no key )?update\b|^\s*(?:with\b[^]*\b)?(?:delete|update|insert)\b/i;

type Query = (config: { readonly text?: string } | string, ...rest: unknown[]) => unknown;

/** Watches transactions in which a statement of this kind found something. */
export function watchLockTimes(counted: RegExp): LockTimes {
  const transactions = new WeakMap<object, Statement[]>();
  let longestMs = 0;

  function end(statements: readonly Statement[]): void {
    if (!statements.some(({ text, found }) => found && counted.test(text))) return;
    const first = statements.find(({ found }) => found);
    if (first !== undefined) longestMs = Math.max(longestMs, performance.now() - first.sentMs);
  }

  const { prototype } = Client as unknown as { readonly prototype: { query: Query } };
  const query = prototype.query;
  prototype.query = function watched(this: object, config, ...rest): unknown {
    const text = typeof config === "string" ? config : (config.text ?? "");
    const asked = query.call(this, config, ...rest);
    if (!(asked instanceof Promise)) return asked;
    if (text === "begin") transactions.set(this, []);
    const statements = transactions.get(this) ?? [];
    if (text === "commit") {
      asked.then(
        () => end(statements),
        () => undefined,
      );
    } else if (locks.test(text)) {
      const statement: Statement = { text, sentMs: performance.now(), found: false };
      statements.push(statement);
      asked.then(
        ({ rowCount }: { readonly rowCount: number | null }) => (statement.found = (rowCount ?? 0) > 0),
        () => undefined,
      );
    }
    return asked;
  };
  return {
    longestMs: () => longestMs,
    reset() {
      longestMs = 0;
    },
  };
}
