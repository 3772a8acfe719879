import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { waitUntil } from "../../support/wait-until.ts";
import { makeHome } from "../e2e-home.ts";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
const jobCount = 5;

test(`G1 F34 the file is synced between the request and the first byte of its 202 (${hasStrace ? "seen by strace" : "strace is missing: only that the file is in WAL mode can be seen from outside"})`, async () => {
  if (!hasStrace) {
    await expectSyncedByPragma();
    return;
  }
  const trace = join(tmpdir(), `ringback-trace-${process.pid}`);
  onTestFinished(() => rmSync(trace, { force: true }));
  const calls = "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync";
  const home = makeHome({
    under: ["strace", "-D", "-f", "-y", "-s", "160", "-e", `trace=${calls}`, "-o", trace],
  });
  onTestFinished(() => home.dispose());
  await home.start();
  for (let job = 0; job < jobCount; job += 1) await home.client.submit({ kind: "e2e.echo", input: job });

  const lines = await waitUntil(async () => readFileSync(trace, "utf8").split("\n"), {
    holds: (all) => all.filter((line) => isAcceptance(line)).length === jobCount,
    timeoutMs: 10_000,
    what: "traced answers",
  });

  const events = lines.flatMap((line) => eventOf(line));
  const acceptances = events.flatMap((event, index) => (event === "202" ? [index] : []));
  expect(acceptances).toHaveLength(jobCount);
  for (const at of acceptances) {
    const request = events.lastIndexOf("request", at);
    expect(request).toBeGreaterThanOrEqual(0);
    expect(events.slice(request, at)).toContain("synced");
  }
});

function isAcceptance(line: string): boolean {
  return line.includes("HTTP/1.1 202");
}

/** What one line of the trace means; a sync counts when it has returned, and only one of the database's files. */
function eventOf(line: string): ("request" | "synced" | "202")[] {
  if (line.includes("POST /v1/jobs")) return ["request"];
  if (isAcceptance(line)) return ["202"];
  const isSync = /f(?:data)?sync\(\d+<[^>]*ringback\.db-wal>\)\s*= 0/.test(line);
  const isResumed = /<\.\.\. f(?:data)?sync resumed>.*= 0/.test(line);
  return isSync || isResumed ? ["synced"] : [];
}

/** The server refuses to start unless `synchronous` is FULL, which belongs to its connection; the journal mode is in the file. */
async function expectSyncedByPragma(): Promise<void> {
  const home = makeHome();
  onTestFinished(() => home.dispose());
  await home.start();
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(home.sqlitePath, { readOnly: true });
  expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
  database.close();
}
