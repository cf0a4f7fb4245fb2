import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerConfig } from "./config.ts";
import { invalidSetting } from "./settings.ts";

const MIN_LENGTH = 16;
/** Printable ASCII without a blank at either end: what a header can carry, and its readers leave as it is. */
const SENDABLE = /^[!-~]([ -~]*[!-~])?$/;
/** The name of a key and the key; without a blank behind the colon it is a key that has a colon. */
const NAMED = /^([\w.-]+):[ \t]+(.*)$/;
/** Digits of a digest that name a key, as in the engine. */
const DIGITS = 12;

/** Keys of server-to-server callers: a list, or by the names that the history calls them. */
export type KnownKeys = readonly string[] | Readonly<Record<string, string>>;

/** A key as it is given. */
interface GivenKey {
  /** `undefined`: the history calls it by its digest. */
  readonly name: string | undefined;
  readonly key: string | undefined;
  /** The place in the config or a file, for a message. */
  readonly where: string;
}

/**
 * The keys of server-to-server callers by their names: of `adminKeyFile`, of the variable USERMETA_ADMIN_KEY, and of the
 * config. One without a name is named as the engine names it, by the beginning of its digest.
 * @throws UserMetadataError `options_invalid`, also if a key or a name is given twice
 */
export const toAdminKeys = (
  { adminKeys = [], adminKeyFile }: ServerConfig,
  environment: NodeJS.Dict<string>,
): Readonly<Record<string, string>> => {
  const { USERMETA_ADMIN_KEY: fromEnvironment } = environment;
  const given: readonly GivenKey[] = [
    ...Object.entries(adminKeys).map(([name, key]) => toConfigured(name, key, Array.isArray(adminKeys))),
    ...(adminKeyFile === undefined ? [] : readKeys(adminKeyFile)),
    ...(fromEnvironment === undefined ? [] : [readKey(fromEnvironment, "USERMETA_ADMIN_KEY")]),
  ];
  const placeOf = new Map<string, string>();
  const note = (value: string, where: string, what: string): void => {
    const other = placeOf.get(`${what} ${value}`);
    if (other !== undefined)
      throw invalidSetting(
        `${where} has the same ${what} as ${other.replace(/,$/, "")}; give each ${what} once.`,
      );
    placeOf.set(`${what} ${value}`, where);
  };
  const named = given.map(({ name, key, where }) => {
    const checked = checkKey(key, where);
    note(checked, where, "key");
    const called = name ?? digest(checked).toString("hex").slice(0, DIGITS);
    note(called, where, "name");
    return [called, checked] as const;
  });
  return Object.fromEntries(named);
};

const toConfigured = (name: string, key: string | undefined, isList: boolean): GivenKey =>
  isList ? { name: undefined, key, where: `adminKeys[${name}]` } : { name, key, where: `adminKeys.${name}` };

const checkKey = (key: string | undefined, where: string): string => {
  const fault = findFault(key);
  if (key !== undefined && fault === undefined) return key;
  throw invalidSetting(`${where} is ${fault}; give a random string of at least ${MIN_LENGTH} characters.`);
};

const findFault = (key: string | undefined): string | undefined => {
  if (key === undefined) return "undefined";
  if (key.length < MIN_LENGTH) return "too short";
  return SENDABLE.test(key) ? undefined : "not printable ASCII, or begins or ends with a blank";
};

/** A line of a key file: `name: key`, or a key without a name. */
const readKey = (line: string, where: string): GivenKey => {
  const [, name, key = line] = NAMED.exec(line) ?? [];
  return { name, key, where };
};

const readKeys = (file: string): readonly GivenKey[] => {
  const keys = readText(file)
    .split("\n")
    .map((line, index) => [line.trim(), `${file}, line ${index + 1},`] as const)
    .filter(([line]) => line !== "" && !line.startsWith("#"))
    .map(([line, where]) => readKey(line, where));
  if (keys.length === 0) throw invalidSetting(`${file} has no admin key; write one a line.`);
  return keys;
};

const readText = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw invalidSetting(`The admin key file ${file} cannot be read (${code}); correct adminKeyFile.`);
  }
};

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/**
 * Finds the key that an `Authorization` header bears, by its place, in a time that says nothing of the keys. The scheme
 * must be Bearer.
 */
export const keyFinder = (keys: KnownKeys): ((authorization: string | undefined) => number | undefined) => {
  const digests = Object.values(keys).map(digest);
  return (authorization = "") => {
    const bearer = /^bearer +(.*)$/i.exec(authorization)?.[1];
    if (bearer === undefined) return undefined;
    const presented = digest(bearer);
    const index = digests.map((each) => timingSafeEqual(each, presented)).indexOf(true);
    return index < 0 ? undefined : index;
  };
};
