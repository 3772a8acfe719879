// What an isolate is told when it starts, as its one argument.

export interface IsolateStart {
  readonly handlers: readonly string[];
  readonly resultBytesMax: number;
  readonly memoryMb: number;
  readonly serverPid: number;
}

export function writeIsolateStart(start: IsolateStart): string {
  return JSON.stringify(start);
}

/** Throws when the process was not started as an isolate. */
export function readIsolateStart(text: string | undefined): IsolateStart {
  if (text === undefined) throw new Error("An isolate is started by the server only.");
  return JSON.parse(text) as IsolateStart;
}
