import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerConfig } from "./config.ts";
import { invalidSetting } from "./settings.ts";

const MIN_LENGTH = 16;
/** Printable ASCII without a blank at either end: what a header can carry, and its readers leave as it is. */
const SENDABLE = /^[!-~]([ -~]*[!-~])?$/;

/**
 * The keys of server-to-server callers: of `adminKeyFile`, of the variable USERMETA_ADMIN_KEY, and of the config.
 * @throws UserMetadataError `options_invalid`
 */
export const toAdminKeys = (
  { adminKeys = [], adminKeyFile }: ServerConfig,
  environment: NodeJS.ProcessEnv,
): readonly string[] => {
  const { USERMETA_ADMIN_KEY: fromEnvironment } = environment;
  const named = [
    ...Object.entries(adminKeys).map(([name, key]) => [key, `adminKeys[${name}]`] as const),
    ...(adminKeyFile === undefined ? [] : readKeys(adminKeyFile)),
    ...(fromEnvironment === undefined ? [] : [[fromEnvironment, "USERMETA_ADMIN_KEY"] as const]),
  ];
  return named.map(([key, where]) => {
    const fault = findFault(key);
    if (key !== undefined && fault === undefined) return key;
    throw invalidSetting(`${where} is ${fault}; give a random string of at least ${MIN_LENGTH} characters.`);
  });
};

const findFault = (key: string | undefined): string | undefined => {
  if (key === undefined) return "undefined";
  if (key.length < MIN_LENGTH) return "too short";
  return SENDABLE.test(key) ? undefined : "not printable ASCII, or begins or ends with a blank";
};

const readKeys = (file: string): (readonly [string, string])[] => {
  const keys = readText(file)
    .split("\n")
    .map((line, index) => [line.trim(), `${file}, line ${index + 1},`] as const)
    .filter(([key]) => key !== "" && !key.startsWith("#"));
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
export const keyFinder = (
  keys: readonly string[],
): ((authorization: string | undefined) => number | undefined) => {
  const digests = keys.map(digest);
  return (authorization = "") => {
    const bearer = /^bearer +(.*)$/i.exec(authorization)?.[1];
    if (bearer === undefined) return undefined;
    const presented = digest(bearer);
    const index = digests.map((each) => timingSafeEqual(each, presented)).indexOf(true);
    return index < 0 ? undefined : index;
  };
};
