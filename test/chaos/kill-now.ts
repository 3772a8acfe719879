// The end of the server without any warning, at exactly this point.

/** Sends SIGKILL to this process and never returns, so that nothing more is done while the signal arrives. */
export function killNow(): never {
  return killProcess(process.pid);
}

/** The same from inside a handler: it is the server that ends, and the handler's own process is ended with it. */
export function killServerNow(): never {
  return killProcess(process.ppid);
}

function killProcess(pid: number): never {
  process.kill(pid, "SIGKILL");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error("a killed process went on");
}
