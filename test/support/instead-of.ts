// Puts a test's own members in the place of some of an object's, whether it is a literal or an instance of a class.

/** `target` with `members` in front of it; everything else still runs on `target` itself. */
export function insteadOf<Target extends object>(target: Target, members: Partial<Target>): Target {
  return new Proxy(target, {
    get(_target, name): unknown {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
