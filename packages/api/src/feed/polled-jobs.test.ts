import { describe, expect, test } from "vitest";
import type { Change, JobWithPayloads } from "@ringback/core";
import { aJob, ids } from "../testing/rows.ts";
import { createPolledJobs } from "./polled-jobs.ts";

const key = { tenantId: "mine", jobId: ids.job };
const told: Change = { kind: "job", ...key };

function setUp({ isAlone = true, jobsMax = 10 } = {}) {
  const jobs = new Map<string, JobWithPayloads>([[ids.job, aJob()]]);
  const listeners: ((changes: readonly Change[]) => void)[] = [];
  const looks: string[] = [];
  let beforeRead = async (): Promise<void> => undefined;
  const polled = createPolledJobs({
    changes: {
      subscribe: (listener) => {
        listeners.push(listener);
        return () => undefined;
      },
      areComplete: () => isAlone,
    },
    reads: {
      async jobVersion({ jobId }) {
        looks.push(jobId);
        return jobs.get(jobId)?.version ?? null;
      },
    },
    async read({ tenantId, jobId }) {
      const job = jobs.get(jobId) ?? null;
      await beforeRead();
      return job?.tenantId === tenantId ? job : null;
    },
    jobsMax,
  });
  return {
    ...polled,
    jobs,
    looks,
    whileReading: (work: () => Promise<void>) => (beforeRead = work),
    tell: () => listeners.forEach((listener) => listener([told])),
  };
}

describe("what is remembered of polled jobs", () => {
  test("F118 a job that was read is known until its change is told", async () => {
    const { atOnce, read, tell } = setUp();
    expect(atOnce(key)).toBeNull();
    await read(key);
    expect(atOnce(key)).toMatchObject({ id: ids.job, version: 1 });
    tell();
    expect(atOnce(key)).toBeNull();
  });

  test("what is read while a change is told is not remembered: it may be from before it", async () => {
    const { atOnce, read, tell, whileReading } = setUp();
    whileReading(async () => tell());
    expect(await read(key)).toMatchObject({ version: 1 });
    expect(atOnce(key)).toBeNull();
  });

  test("where others write, a job is known only by a look at its version", async () => {
    const { atOnce, look, read, jobs, looks } = setUp({ isAlone: false });
    expect(await look(key)).toBeNull();
    await read(key);
    expect([atOnce(key), await look(key)]).toMatchObject([null, { version: 1 }]);
    jobs.set(ids.job, aJob({ version: 2 }));
    expect(await look(key)).toBeNull();
    expect(looks).toEqual([ids.job, ids.job]);
  });

  test("F124 another tenant's job of the same id is not known", async () => {
    const { atOnce, look, read } = setUp();
    await read(key);
    const theirs = { tenantId: "theirs", jobId: ids.job };
    expect([atOnce(theirs), await look(theirs)]).toEqual([null, null]);
  });

  test("no more are remembered than may be, those read last", async () => {
    const { atOnce, read, jobs } = setUp({ jobsMax: 2 });
    for (const id of ["a", "b", "c"]) {
      jobs.set(id, aJob({ id }));
      await read({ tenantId: "mine", jobId: id });
    }
    const known = ["a", "b", "c"].filter((jobId) => atOnce({ tenantId: "mine", jobId }) !== null);
    expect(known).toEqual(["b", "c"]);
  });

  test("neither payloads nor metadata are kept", async () => {
    const { atOnce, read, jobs } = setUp();
    jobs.set(ids.job, aJob({ input: '"secret"', metadata: { note: "secret" } }));
    await read(key);
    expect(JSON.stringify(atOnce(key))).not.toContain("secret");
  });
});
