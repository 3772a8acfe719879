// Why the server would not start: everything that is wrong, at once, in words for whoever started it.

export class StartRefused extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(`Ringback did not start:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`, options);
    this.name = "StartRefused";
    this.problems = problems;
  }
}
