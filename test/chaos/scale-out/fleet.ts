// Several processes on one database, each in a role of its own; any of them can be killed and started anew.
import type { Seeded } from "../../support/seed.ts";
import type { ServerProcess, Settings } from "../../support/server-process.ts";
import type { ChaosHome } from "../chaos-home.ts";

export type FleetRole = "api" | "runner" | "dispatcher";

export interface Fleet {
  /** The processes of this role, in the order of their start. */
  of(role: FleetRole): readonly ServerProcess[];
  /** Kills a random process, of this role if one is named, and starts another one in its place; its role. */
  replace(chance: Seeded, role?: FleetRole): Promise<FleetRole>;
}

interface Member {
  readonly role: FleetRole;
  process: ServerProcess;
}

/** Started one after the other: the first brings the tables up to date if need be. */
export async function startFleet(
  home: ChaosHome,
  roles: readonly FleetRole[],
  settings: Settings = {},
): Promise<Fleet> {
  const start = (role: FleetRole): Promise<ServerProcess> => home.start({ ...settings, RINGBACK_ROLE: role });
  const members: Member[] = [];
  for (const role of roles) members.push({ role, process: await start(role) });
  return {
    of: (role) => members.filter((member) => member.role === role).map((member) => member.process),
    async replace(chance, role) {
      const member = chance.pick(members.filter((one) => role === undefined || one.role === role));
      await member.process.kill();
      member.process = await start(member.role);
      return member.role;
    },
  };
}
