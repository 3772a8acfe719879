// Inside the database thread: for each open file a connection, and the transitions that the main thread calls for.
//
// Messages that arrive while a commit is under way are taken together when it is done, so the busier it is, the more calls
// share a commit. Everything that one commit answers goes back in one message.
import { parentPort, type MessagePort } from "node:worker_threads";
import type { Log, Random } from "@ringback/core";
import type { Gathered } from "../effects.ts";
import { createKeystream } from "../keystream.ts";
import { createSealing } from "../sealing.ts";
import { openConnection } from "./open-file.ts";
import {
  packThrown,
  type FromThread,
  type OpenFileInThread,
  type ThreadCall,
  type ThreadOutcome,
  type ThreadStart,
  type ToThread,
} from "./thread-calls.ts";
import type { Transitions } from "./transitions.ts";
import { createWriter } from "./writer.ts";

if (parentPort === null) throw new Error("This file is the database thread; the store starts it.");
parentPort.on("message", ({ start, port }: OpenFileInThread) => {
  try {
    serve(start, port);
    say(port, { kind: "open" });
  } catch (thrown) {
    say(port, { kind: "refused", failure: packThrown(thrown) });
    port.close();
  }
});

function say(port: MessagePort, message: FromThread): void {
  port.postMessage(message);
}

/** Opens the file and makes what its store calls for, until it says `close`. */
function serve({ file, masterKey, formerMasterKeys, seed }: ThreadStart, port: MessagePort): void {
  const client = openConnection(file);
  const random = handedRandom(seed);
  const gathered: Gathered[] = [];
  const outcomes: ThreadOutcome[] = [];
  const writer = createWriter(client, {
    random,
    sealing: createSealing(masterKey, random, formerMasterKeys),
    log: silentLog(),
    committed: (set) => void gathered.push(set),
  });

  function make({ id, name, args }: ThreadCall): void {
    // What was called for with `CallTransition` has the arguments of its transition.
    writer.call(name, ...(args as Parameters<Transitions[typeof name]>)).then(
      (result) => tell({ id, result }),
      (thrown: unknown) => tell({ id, failure: packThrown(thrown) }),
    );
  }

  /** All outcomes of a commit are known in the same row of microtasks; the message leaves after the last of them. */
  function tell(outcome: ThreadOutcome): void {
    if (outcomes.push(outcome) === 1) queueMicrotask(flush);
  }

  function flush(): void {
    say(port, {
      kind: "outcomes",
      outcomes: outcomes.splice(0),
      gathered: gathered.splice(0),
      statistics: { ...writer.statistics },
      unitsUsed: random.takeUsed(),
    });
  }

  async function close(): Promise<void> {
    await writer.close();
    // After the last outcomes, which are told in microtasks.
    setImmediate(() => {
      client.close();
      port.close();
    });
  }

  port.on("message", (message: ToThread) => {
    if (message.kind === "close") void close();
    else {
      random.take(message.units);
      for (const call of message.calls) make(call);
    }
  });
}

interface HandedRandom extends Random {
  take(units: readonly number[]): void;
  takeUsed(): number;
}

/** Units are those that were handed over, as long as there are any. */
function handedRandom(from: Uint8Array): HandedRandom {
  const bytes = createKeystream(from);
  const units: number[] = [];
  let used = 0;
  return {
    bytes,
    unit() {
      const unit = units.pop();
      if (unit === undefined) return new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32;
      used += 1;
      return unit;
    },
    take: (more) => void units.push(...more),
    takeUsed() {
      const taken = used;
      used = 0;
      return taken;
    },
  };
}

/** What a writer logs are faults of those it tells after a commit, and here it only gathers. */
function silentLog(): Log {
  const silent = (): void => undefined;
  return { debug: silent, info: silent, warn: silent, error: silent };
}
