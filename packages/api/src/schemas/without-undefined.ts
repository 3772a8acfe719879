// Leaves out members that are undefined: what was not asked for is absent, as the ports want it.

type Defined<Value> = { [Name in keyof Value]: Exclude<Value[Name], undefined> };

export function withoutUndefined<Value extends object>(value: Value): Partial<Defined<Value>> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Partial<
    Defined<Value>
  >;
}
