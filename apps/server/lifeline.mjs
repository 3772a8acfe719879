// Loaded by launch.mjs before the program: a program whose launcher was killed ends at once. It runs in a process group of
// its own, so `kill -9` on the launcher's group would otherwise leave it behind, with its port and its database file.
import { isMainThread } from "node:worker_threads";

const lookEveryMs = 100;
const launcher = process.ppid;

if (isMainThread) {
  const look = setInterval(() => {
    if (process.ppid !== launcher) process.kill(process.pid, "SIGKILL");
  }, lookEveryMs);
  look.unref();
}
