// The second thread of an isolate: it ends the process when the server is gone or the memory is used up, also while the
// handler keeps the first thread busy. Plain JavaScript, since a thread that strips types weighs three times as much.
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const { serverPid, memoryMb, lastWordFd } = workerData;
const lookEveryMs = 100;
const pause = new Int32Array(new SharedArrayBuffer(4));

for (;;) {
  Atomics.wait(pause, 0, 0, lookEveryMs);
  if (process.ppid !== serverPid) end();
  if (process.memoryUsage.rss() > memoryMb * 1_048_576) {
    writeSync(lastWordFd, "memory");
    end();
  }
}

/** The whole group, since what a handler has started belongs to its run. */
function end() {
  process.kill(-process.pid, "SIGKILL");
}
