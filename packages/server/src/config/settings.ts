import { type HistoryKeepingOptions, UserMetadataError } from "@usermeta/core";
import { closestMatch } from "leven";

/** The wire protocols that `dialects` may name. */
export const DIALECT_NAMES = ["native", "clerk", "supertokens", "bizzkit"] as const;

/** A wire protocol by its name. */
export type DialectName = (typeof DIALECT_NAMES)[number];

/** The systems whose users `usermeta import` reads. */
export const SOURCE_NAMES = [
  "clerk",
  "supertokens",
  "auth0",
  "supabase",
  "firebase",
  "cognito",
  "keycloak",
  "better-auth",
] as const;

/** A system whose users are imported, by its name. */
export type SourceName = (typeof SOURCE_NAMES)[number];

/** How many requests one caller may make, in how many seconds; or no limit. */
export type RateLimitSetting = `${number}/${number}s` | "off";

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** What is logged: from this level on. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A mistake in a flag, a variable or the config file. */
export const invalidSetting = (message: string): UserMetadataError =>
  new UserMetadataError("options_invalid", message);

/** `Did you mean "port"? ` if a known name is similar, otherwise nothing. */
export const suggest = (name: string, known: readonly string[]): string => {
  const near = closestMatch(name, known, { maxDistance: Math.max(2, name.length >> 1) });
  return near === undefined ? "" : `Did you mean ${near}? `;
};

/** How a setting is given and read. */
interface Setting<T> {
  readonly flag: string;
  readonly help: string;
  /** Reads the text of a flag or a variable, or the config's value. It throws an Error that says what to write. */
  readonly read: (value: unknown) => T;
}

const whole = (value: unknown, most: number, least = 0): number => {
  const number = Number(value);
  const isWhole = typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value));
  if (isWhole && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`Give a whole number from ${least} to ${most}.`);
};

/** What waits longer has been forgotten. */
const MAX_DRAIN_SECONDS = 3600;
/** A hundred years, as in the engine. */
const MAX_HISTORY_DAYS = 36_500;

const toPort = (value: unknown): number => {
  if (typeof value === "string" && value.startsWith("tcp://"))
    throw new Error(
      "That is what Kubernetes sets for a service named usermeta; give --port, or set enableServiceLinks to false.",
    );
  return whole(value, 65_535);
};

const text =
  (example: string) =>
  (value: unknown): string => {
    if (typeof value === "string" && value.trim() !== "") return value.trim();
    throw new Error(`Give ${example}.`);
  };

const oneOf =
  <const N extends string>(names: readonly N[]) =>
  (value: unknown): N => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    throw new Error(`${suggest(String(value), names)}There are ${names.join(", ")}.`);
  };

const list =
  <T>(read: (value: unknown) => T) =>
  (value: unknown): readonly T[] => {
    const items: readonly unknown[] = Array.isArray(value) ? value : String(value).split(",");
    return items.map((item) => read(typeof item === "string" ? item.trim() : item));
  };

const toRateLimit = (value: unknown): RateLimitSetting => {
  if (value === "off" || /^[1-9]\d*\/[1-9]\d*s$/.test(String(value))) return value as RateLimitSetting;
  throw new Error('Give requests and seconds, as in 6000/60s, or "off".');
};

const toPrefix = (value: unknown): string => {
  if (typeof value === "string" && /^(\/[\w.~-]+)*$/.test(value)) return value;
  throw new Error("Give a path that begins with / and does not end with one, as in /auth.");
};

const toHistory = (value: unknown): boolean | HistoryKeepingOptions => {
  if (value === true || value === "on") return true;
  if (value === false || value === "off") return false;
  if (typeof value === "object" && value !== null) return value;
  throw new Error("Give on or off; in the config file also { keepDays, maxEntries, tiers }.");
};

const isTrustedProxy = text("addresses, networks or names, as in loopback,10.0.0.0/8");

/** What can be given as a flag, as a variable of the environment (`USERMETA_ADMIN_KEY_FILE`) and in the config file. */
export interface Settings {
  /** 0 for any free port. @default 4000 */
  readonly port?: number | undefined;
  /** The address to listen on. @default "127.0.0.1" */
  readonly host?: string | undefined;
  /** Where the metadata routes begin: `"/auth"`. @default "" */
  readonly prefix?: string | undefined;
  /** `"sqlite:usermeta.db"`, `"postgres://user@host/database"` or `"memory:"`. @default "sqlite:usermeta.db" */
  readonly store?: string | undefined;
  /** @default ["native"] */
  readonly dialects?: readonly DialectName[] | undefined;
  /** A file of keys of server-to-server callers, one a line, 16 characters or more each; named as in `billing: <key>`. */
  readonly adminKeyFile?: string | undefined;
  /** `"jwks:https://…"`: the tokens that this JWKS verifies are sessions. Needs `sessionIssuer`. */
  readonly sessions?: string | undefined;
  /** The `iss` that a token must have. */
  readonly sessionIssuer?: string | undefined;
  /** The `aud` that a token must name. Without it, one that names an audience is refused. */
  readonly sessionAudience?: string | undefined;
  /** Keeps of each write who made it, why, and what changed: with the defaults, or as the engine's `history`. @default false */
  readonly history?: boolean | HistoryKeepingOptions | undefined;
  /** The `keepDays` of the history. @default 90 */
  readonly historyDays?: number | undefined;
  /** The `maxEntries` of the history. @default 1000 */
  readonly historyEntries?: number | undefined;
  /** For each user with a session, and for each address of those without, in this process. @default "6000/60s" */
  readonly rateLimit?: RateLimitSetting | undefined;
  /** For each admin key, in this process. @default "off" */
  readonly adminRateLimit?: RateLimitSetting | undefined;
  /** Proxies whose `X-Forwarded-For` names the caller: addresses, networks, `"loopback"`. @default [] */
  readonly trustProxy?: readonly string[] | undefined;
  /** Seconds for which a server that stops still takes connections, while `/readyz` says 503. @default 0 */
  readonly drain?: number | undefined;
  /** @default "info" */
  readonly logLevel?: LogLevel | undefined;
}

/** The name of a setting that has a flag. */
export type SettingName = keyof Settings;

/** Every setting that has a flag, by its name in the config file. */
export const SETTINGS: { readonly [N in SettingName]-?: Setting<Required<Settings>[N]> } = {
  port: { flag: "--port <number>", help: "port to listen on (4000)", read: toPort },
  host: {
    flag: "--host <address>",
    help: "address to listen on (127.0.0.1); TLS is for the proxy in front",
    read: text("an address, as in 127.0.0.1 or 0.0.0.0"),
  },
  prefix: { flag: "--prefix <path>", help: "where the metadata routes begin (/)", read: toPrefix },
  store: {
    flag: "--store <url>",
    help: "sqlite:<file>, postgres://<user>@<host>/<database>, or memory: (sqlite:usermeta.db)",
    read: text("sqlite:usermeta.db or postgres://user@host/database"),
  },
  dialects: {
    flag: "--dialects <names>",
    help: `of ${DIALECT_NAMES.join(",")} (native)`,
    read: list(oneOf(DIALECT_NAMES)),
  },
  adminKeyFile: {
    flag: "--admin-key-file <file>",
    help: "keys of server-to-server callers, one a line: <key>, or <name>: <key>",
    read: text("the path of a file with one key a line"),
  },
  sessions: {
    flag: "--sessions <jwks:url>",
    help: "accept the access tokens that this JWKS verifies, as in jwks:https://…",
    read: text("jwks: and the address of a JWKS, as in jwks:https://auth.example.com/.well-known/jwks.json"),
  },
  sessionIssuer: {
    flag: "--session-issuer <iss>",
    help: "the iss that those tokens must have",
    read: text("the iss of your tokens"),
  },
  sessionAudience: {
    flag: "--session-audience <aud>",
    help: "the aud that they must name (none: tokens that name one are refused)",
    read: text("the aud of your tokens"),
  },
  history: {
    flag: "--history",
    help: "keep of each write who made it, why, and what changed; on or off in USERMETA_HISTORY (off)",
    read: toHistory,
  },
  historyDays: {
    flag: "--history-days <days>",
    help: "how long the server keeps an entry of the history (90)",
    read: (value) => whole(value, MAX_HISTORY_DAYS, 1),
  },
  historyEntries: {
    flag: "--history-entries <number>",
    help: "how many entries of a user the server keeps (1000)",
    read: (value) => whole(value, Number.MAX_SAFE_INTEGER, 1),
  },
  rateLimit: {
    flag: "--rate-limit <requests/seconds>",
    help: "for each user with a session and each address without one, or off (6000/60s)",
    read: toRateLimit,
  },
  adminRateLimit: {
    flag: "--admin-rate-limit <requests/seconds>",
    help: "for each admin key, as in 60000/60s, or off (off)",
    read: toRateLimit,
  },
  trustProxy: {
    flag: "--trust-proxy <networks>",
    help: "proxies whose X-Forwarded-For names the caller, as in loopback,10.0.0.0/8 (none)",
    read: list(isTrustedProxy),
  },
  drain: {
    flag: "--drain <seconds>",
    help: "when stopping, how long /readyz says 503 before no connection is taken any more (0)",
    read: (value) => whole(value, MAX_DRAIN_SECONDS),
  },
  logLevel: {
    flag: "--log-level <level>",
    help: `one of ${LOG_LEVELS.join(", ")} (info)`,
    read: oneOf(LOG_LEVELS),
  },
};

/** The variable of the environment that a setting is read from: `adminKeyFile` is `USERMETA_ADMIN_KEY_FILE`. */
export const variableOf = (name: string): string =>
  `USERMETA_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Variables that are read beside the settings'. */
const OTHER_VARIABLES = ["USERMETA_ADMIN_KEY", "USERMETA_CONFIG", "USERMETA_SOURCE_KEY"] as const;

/** What Kubernetes sets in every container for a service named `usermeta`. */
const SERVICE_LINK = /^USERMETA_(SERVICE_(HOST|PORT)|PORT_\d+_)/;

/** Says which variables begin as ours do and mean nothing, for the log: a typo, most often. */
export const unknownVariables = (environment: NodeJS.ProcessEnv): readonly string[] => {
  const known = [...Object.keys(SETTINGS).map(variableOf), ...OTHER_VARIABLES];
  return Object.keys(environment)
    .filter((name) => name.startsWith("USERMETA_") && !known.includes(name) && !SERVICE_LINK.test(name))
    .map((name) => `${name} is not read. ${suggest(name, known)}`.trim());
};
