// A kill from a second thread, because a synchronous transaction lets nobody else on its own thread come in between.
import { Worker } from "node:worker_threads";

const states = { idle: 0, armed: 1 };

/** Thread code as text: it waits to be armed, spins for the given time, and kills the whole process. */
const code = `
  const { workerData } = require("node:worker_threads");
  const cells = new Int32Array(workerData);
  Atomics.wait(cells, 0, ${states.idle});
  const end = process.hrtime.bigint() + BigInt(Atomics.load(cells, 1)) * 1000n;
  while (process.hrtime.bigint() < end);
  process.kill(process.pid, "SIGKILL");
`;

const cells = new Int32Array(new SharedArrayBuffer(8));
const thread = new Worker(code, { eval: true, workerData: cells.buffer });
thread.unref();

/** Kills the process `afterMicroseconds` from now, whatever this thread is doing then. Only the first call counts. */
export function killSoon(afterMicroseconds: number): void {
  if (Atomics.load(cells, 0) === states.armed) return;
  Atomics.store(cells, 1, afterMicroseconds);
  Atomics.store(cells, 0, states.armed);
  Atomics.notify(cells, 0);
}
