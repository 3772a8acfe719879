// The payloads the demo digests: real GitHub webhooks, as the npm package @octokit/webhooks-examples collects them.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A webhook as it was received: its event's name, and its body as text. */
export interface ArchivedWebhook {
  readonly event: string;
  readonly body: string;
}

interface ExamplesOfEvent {
  readonly name: string;
  readonly examples: readonly unknown[];
}

const sources = ["api.github.com", "ghes-35", "ghes-34", "ghes-33", "ghes-32", "ghes-31"];

/** All payloads of github.com and of five versions of GitHub Enterprise Server, in the package's order. */
export function readArchive(): readonly ArchivedWebhook[] {
  return sources.flatMap((source) => {
    const path = fileURLToPath(import.meta.resolve(`@octokit/webhooks-examples/${source}/index.json`));
    const events = JSON.parse(readFileSync(path, "utf8")) as readonly ExamplesOfEvent[];
    return events.flatMap(({ name, examples }) =>
      examples.map((example) => ({ event: name, body: JSON.stringify(example) })),
    );
  });
}
