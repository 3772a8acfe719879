// The whole server, but for one thing between its store and its rooms: `idle` never runs what it accepts, so that intake is
// measured alone; `forgetful` does not even keep it, which is the same route without a store.
import type { Accepted, Store } from "@ringback/core";
import { startServer } from "@ringback/server";
import { answerParent, ready } from "./in-child.ts";

const [kind = "idle"] = process.argv.slice(2);
answerParent({});
const server = await startServer({
  env: process.env,
  decorateStore: kind === "forgetful" ? forgetful : idle,
});
process.on("SIGTERM", () => void server.stop().then(() => process.exit(0)));
ready(server.url);

function idle(store: Store): Store {
  return { ...store, runs: { ...store.runs, claim: async () => [] } };
}

/** The first answers are the store's own; all others are made from them. */
function forgetful(store: Store): Store {
  const { intake, tenants } = store;
  let first: Accepted | undefined;
  const findKey = remembered((lookup: string) => tenants.findKey(lookup));
  return {
    ...idle(store),
    tenants: { ...tenants, findKey },
    intake: {
      ...intake,
      async acceptJobs(items, now) {
        if (first === undefined) {
          const answers = await intake.acceptJobs(items, now);
          [first] = answers;
          return answers;
        }
        const { job } = first as Extract<Accepted, { kind: "accepted" }>;
        return items.map(({ job: asked }) => ({
          kind: "accepted",
          job: { ...job, id: asked.id, input: asked.input, metadata: asked.metadata, createdAt: now },
        }));
      },
    },
  };
}

function remembered<Found>(ask: (key: string) => Promise<Found>): (key: string) => Promise<Found> {
  const known = new Map<string, Promise<Found>>();
  return (key) => {
    const found = known.get(key) ?? ask(key);
    known.set(key, found);
    return found;
  };
}
