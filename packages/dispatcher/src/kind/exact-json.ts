// Reads JSON so that JSON.stringify writes every number as it was spelled: 12345678901234567890, 1.0 and 1e400 stay so.

/** What the engine has and TypeScript's library does not know yet (ECMAScript proposal "JSON.parse source text access"). */
interface JsonSourceAccess {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  /** An object that JSON.stringify writes as this text. */
  rawJSON(text: string): object;
}

const json = JSON as unknown as JsonSourceAccess;

/** The value is to be written again, not to be reckoned with: numbers spelled otherwise than we would are opaque objects. Throws as JSON.parse. */
export function parseJsonExactly(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined && source !== String(value)
      ? json.rawJSON(source)
      : value,
  );
}
