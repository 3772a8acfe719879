// Puts rows into a database in a process of its own, since it takes half a minute and much memory.
import { startChild } from "../children/child.ts";
import type { Dialect } from "./dialect.ts";
import { fillStatements, type Filling } from "./statements.ts";

/** `place` is the file's path or the connection string. No server may run on it meanwhile. */
export async function fillDatabase(dialect: Dialect, place: string, filling: Filling): Promise<void> {
  const filler = await startChild("filler.ts", { args: [dialect.name, place] });
  try {
    await filler.ask("fill", fillStatements(dialect, filling));
  } finally {
    await filler.stop();
  }
}
