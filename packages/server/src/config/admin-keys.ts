import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerConfig } from "./config.ts";
import { invalidSetting } from "./settings.ts";

const MIN_LENGTH = 16;

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
    ...adminKeys.map((key, index) => [key, `adminKeys[${index}]`] as const),
    ...(adminKeyFile === undefined ? [] : readKeys(adminKeyFile)),
    ...(fromEnvironment === undefined ? [] : [[fromEnvironment, "USERMETA_ADMIN_KEY"] as const]),
  ];
  return named.map(([key, where]) => {
    if (key !== undefined && key.length >= MIN_LENGTH) return key;
    throw invalidSetting(
      `${where} is ${key === undefined ? "undefined" : "too short"}; give a random string of at least ${MIN_LENGTH} characters.`,
    );
  });
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

/** Tells whether an `Authorization` header bears one of the keys, in a time that says nothing of them. */
export const keyCheck = (keys: readonly string[]): ((authorization: string | undefined) => boolean) => {
  const digests = keys.map(digest);
  return (authorization = "") => {
    const presented = digest(authorization.replace(/^bearer +/i, ""));
    return digests.filter((each) => timingSafeEqual(each, presented)).length > 0;
  };
};
