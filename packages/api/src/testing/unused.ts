// A port that the api is not to call.
/** Whatever is called of it throws. */
export function unused<Port>(name: string): Port {
  const refuse = (): never => {
    throw new Error(`the api called ${name}`);
  };
  return new Proxy(refuse, { get: () => refuse }) as Port;
}
