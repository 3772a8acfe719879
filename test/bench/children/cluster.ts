// A PostgreSQL of the benchmark's own, durable as one should be. It is held by a process that stops it when its parent is gone.
import { startPostgresCluster } from "../../support/postgres-cluster.ts";
import { answerParent, ready } from "./in-child.ts";

const cluster = await startPostgresCluster({ durable: true });
const stop = (): void => void cluster.stop().finally(() => process.exit(0));
answerParent({ createDatabase: () => cluster.createDatabase() }, stop);
process.removeAllListeners("SIGTERM").on("SIGTERM", stop);
ready();
