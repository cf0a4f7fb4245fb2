import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ServerConfig } from "./config.ts";
import { invalidSetting, SETTINGS, type SettingName, suggest } from "./settings.ts";

const NAMES = ["ts", "mts", "js", "mjs"].map((ending) => `usermeta.config.${ending}`);

/** What only the config file can say. */
const CODE_NAMES = ["adminKeys", "schemas", "limits", "claims", "issuer", "cache"] as const;
/** What may be code there, if a flag has a text. */
const CODE_OR_TEXT: ReadonlySet<string> = new Set(["store", "dialects", "sessions"]);

/**
 * Loads the config file: the one named, or the `usermeta.config.ts` of the folder that the command runs in.
 * @throws UserMetadataError `options_invalid`
 */
export const loadConfig = async (named: string | undefined): Promise<ServerConfig> => {
  const path = named ?? NAMES.find((name) => existsSync(name));
  if (path === undefined) return {};
  if (!existsSync(path)) throw invalidSetting(`There is no config file ${path}; correct --config.`);
  const { default: config } = await importFile(path);
  if (typeof config !== "object" || config === null)
    throw invalidSetting(`${path} has no default export; write export default defineConfig({ … }).`);
  return checkConfig(config, basename(path));
};

const importFile = async (path: string): Promise<{ default?: unknown }> => {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what =
      code === "ERR_UNKNOWN_FILE_EXTENSION"
        ? `Node ${process.version} reads no TypeScript; use 22.18 or later, or name it usermeta.config.js`
        : message;
    throw invalidSetting(`${path} cannot be loaded: ${what}`);
  }
};

const checkConfig = (config: object, file: string): ServerConfig => {
  const known = [...Object.keys(SETTINGS), ...CODE_NAMES];
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    if (!known.includes(name))
      throw invalidSetting(
        `${file}: "${name}" is not a setting. ${suggest(name, known)}There are ${known.join(", ")}.`,
      );
    if (value !== undefined) checked[name] = readValue(name, value, file);
  }
  return checked;
};

const readValue = (name: string, value: unknown, file: string): unknown => {
  const items: readonly unknown[] = [value].flat();
  const isCode = CODE_OR_TEXT.has(name) && items.some((item) => typeof item !== "string");
  if (isCode || !(name in SETTINGS)) return value;
  try {
    return SETTINGS[name as SettingName].read(value);
  } catch (error) {
    throw invalidSetting(`${file}: ${name} is ${JSON.stringify(value)}. ${(error as Error).message}`);
  }
};
