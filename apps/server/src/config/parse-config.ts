// Turns an environment into a configuration, or into the whole list of what is wrong with it. Pure: it reads nothing itself.
import { nearestName } from "./nearest-name.ts";
import type { Setting } from "./setting.ts";
import { settings } from "./settings.ts";

type Settings = typeof settings;
export type Config = {
  readonly [Name in keyof Settings]: Settings[Name] extends Setting<infer Value> ? Value : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export type ParsedConfig =
  | { readonly ok: true; readonly config: Config }
  /** One sentence per problem, each beginning with the setting's name. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Empty variables count as unset. Unknown `RINGBACK_…` names are problems, with the nearest known name. */
export function parseConfig(env: Environment): ParsedConfig {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const given = env[name];
    const parsed = setting.parse(given === "" ? undefined : given);
    if ("problem" in parsed) problems.push(`${name} ${parsed.problem}`);
    else values[name] = parsed.value;
  }
  problems.push(...unknownNames(env), ...contradictions(values));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, config: values as Config };
}

function unknownNames(env: Environment): string[] {
  const known = Object.keys(settings);
  return Object.keys(env)
    .filter((name) => name.startsWith("RINGBACK_") && !known.includes(name))
    .toSorted()
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is not a setting${nearest === null ? "" : `; did you mean ${nearest}?`}`;
    });
}

/** What only two settings together can get wrong. */
function contradictions(config: Partial<Config>): string[] {
  const problems: string[] = [];
  const { RINGBACK_DRAIN_DELAY_MS: delayMs, RINGBACK_DRAIN_MS: drainMs } = config;
  if (delayMs !== undefined && drainMs !== undefined && delayMs >= drainMs) {
    problems.push(`RINGBACK_DRAIN_DELAY_MS (${delayMs}) must be less than RINGBACK_DRAIN_MS (${drainMs})`);
  }
  return [...problems, ...modeContradictions(config), ...retentionContradictions(config)];
}

/** What belongs to one mode only. */
function modeContradictions(config: Partial<Config>): string[] {
  const { DATABASE_URL: databaseUrl, RINGBACK_ROLE: role, RINGBACK_MASTER_KEY: masterKey } = config;
  // A setting that is itself wrong has been named already.
  if (databaseUrl === undefined || role === undefined || masterKey === undefined) return [];
  if (databaseUrl === null && role !== "all") {
    return [
      `RINGBACK_ROLE=${role} needs DATABASE_URL: the embedded mode is one process that does everything`,
    ];
  }
  if (databaseUrl !== null && masterKey === null && role !== "migrate") {
    return [
      "RINGBACK_MASTER_KEY must be set with DATABASE_URL, the same for every process; `openssl rand -base64 32` makes one",
    ];
  }
  return [];
}

/** A delivery needs its event to be sent again, and a dead letter is a delivery: neither may go before what needs it. */
function retentionContradictions(config: Partial<Config>): string[] {
  const deliveryMs = config.RINGBACK_DELIVERY_RETENTION_MS;
  const needed = ["RINGBACK_EVENT_RETENTION_MS", "RINGBACK_DEAD_LETTER_RETENTION_MS"] as const;
  return needed.flatMap((name) => {
    const ms = config[name];
    if (ms === undefined || deliveryMs === undefined || ms >= deliveryMs) return [];
    return [`${name} (${ms}) must be at least RINGBACK_DELIVERY_RETENTION_MS (${deliveryMs})`];
  });
}
