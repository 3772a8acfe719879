// The part of the fake store that has dead letters and replays, in memory and without their rules.
import {
  afterReplayVerb,
  isReplayDone,
  type DeadLetter,
  type DeadLetterGroup,
  type ReadStore,
  type Replay,
  type Store,
} from "@ringback/core";
import type { FakeTenants } from "./fake-tenants.ts";
import { pageOf } from "./page-of.ts";
import { unused } from "./unused.ts";

export interface FakeDeadLetters {
  readonly deadLetters: Map<string, DeadLetter>;
  readonly replayRows: Map<string, Replay>;
  readonly deadLetterGroups: DeadLetterGroup[];
  readonly replays: Store["replays"];
}

type Letters = Pick<Store["support"], "discard" | "note">;
type Reads = Pick<
  ReadStore,
  "listDeadLetters" | "groupDeadLetters" | "getReplay" | "listReplays" | "replayVersions" | "previewReplay"
>;

export interface FakeDeadLetterParts {
  readonly fields: FakeDeadLetters;
  readonly letters: Letters;
  readonly reads: Reads;
}

export function createFakeDeadLetters(record: FakeTenants["record"]): FakeDeadLetterParts {
  const deadLetters: FakeDeadLetters["deadLetters"] = new Map();
  const replayRows: FakeDeadLetters["replayRows"] = new Map();
  const find = (tenantId: string, deliveryId: string): DeadLetter | null => {
    const letter = deadLetters.get(deliveryId);
    return letter?.delivery.tenantId === tenantId ? letter : null;
  };
  const findReplay = (tenantId: string, id: string): Replay | null => {
    const replay = replayRows.get(id);
    return replay?.tenantId === tenantId ? replay : null;
  };
  const fields: FakeDeadLetters = {
    deadLetters,
    replayRows,
    deadLetterGroups: [],
    replays: {
      async create({ tenantId, id, ...plan }, now, act) {
        const running = [...replayRows.values()].find((one) => !isReplayDone(one.status));
        if (running !== undefined) return { kind: "running", replay: running };
        const counts = { total: 0, waiting: 0, underWay: 0, delivered: 0, failed: 0, skipped: 0 };
        const made = { createdAt: now, finishedAt: null, version: 1 };
        const replay: Replay = { ...plan, tenantId, id, status: "preparing", counts, ...made };
        replayRows.set(id, replay);
        record("replay.created", { tenantId, subject: id, at: now }, act);
        return { kind: "created", replay };
      },
      async change({ tenantId, replayId }, verb, now, act) {
        const before = findReplay(tenantId, replayId);
        if (before === null) return null;
        const status = afterReplayVerb(before.status, verb);
        if (status === null) return { kind: "finished", replay: before };
        if (status === before.status) return { kind: "unchanged", replay: before };
        const finishedAt = isReplayDone(status) ? now : null;
        const replay = { ...before, status, finishedAt, version: before.version + 1 };
        replayRows.set(replayId, replay);
        const action = {
          pause: "replay.paused",
          resume: "replay.resumed",
          cancel: "replay.canceled",
        } as const;
        record(action[verb], { tenantId, subject: replayId, at: now }, act);
        return { kind: "changed", replay };
      },
      claim: unused("claim"),
      step: unused("step"),
      release: unused("release"),
    },
  };
  return {
    fields,
    letters: {
      async discard({ tenantId, deliveryId }, reason, now, act) {
        const letter = find(tenantId, deliveryId);
        if (letter?.state !== "open") return letter?.state ?? null;
        deadLetters.set(deliveryId, {
          ...letter,
          state: "discarded",
          discardedAt: now,
          discardReason: reason,
        });
        record("dead_letter.discarded", { tenantId, subject: deliveryId, at: now }, act);
        return "discarded";
      },
      async note({ tenantId, deliveryId }, note, now, act) {
        const letter = find(tenantId, deliveryId);
        if (letter === null) return false;
        deadLetters.set(deliveryId, { ...letter, note });
        record("dead_letter.noted", { tenantId, subject: deliveryId, at: now }, act);
        return true;
      },
    },
    reads: {
      async listDeadLetters(tenantId, { state = "open" }, page) {
        const rows = [...deadLetters.values()]
          .filter((letter) => letter.delivery.tenantId === tenantId && letter.state === state)
          .map((letter) => ({ id: letter.delivery.id, createdAt: letter.diedAt, letter }));
        const { items, next } = pageOf(rows, page);
        return { items: items.map(({ letter }) => letter), next };
      },
      groupDeadLetters: async (tenantId) => (tenantId === "mine" ? fields.deadLetterGroups : []),
      getReplay: async (tenantId, replayId) => findReplay(tenantId, replayId),
      listReplays: async (tenantId, page) =>
        pageOf(
          [...replayRows.values()].filter((replay) => replay.tenantId === tenantId),
          page,
        ),
      replayVersions: async (keys) =>
        keys.map(({ tenantId, replayId }) => findReplay(tenantId, replayId)?.version ?? null),
      async previewReplay(tenantId) {
        const open = [...deadLetters.values()].filter((letter) => letter.delivery.tenantId === tenantId);
        const hosts = [...Map.groupBy(open, ({ delivery }) => delivery.host)].map(([host, letters]) => ({
          host,
          count: letters.length,
        }));
        const oldestDiedAt = open[0]?.diedAt ?? null;
        return { count: open.length, hosts, hostCount: hosts.length, oldestDiedAt, deliveredSince: 0 };
      },
    },
  };
}
