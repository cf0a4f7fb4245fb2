import { TIERS, type Tier } from "@usermeta/core";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ServerConfig } from "../config/config.ts";
import { loadConfig } from "../config/config-file.ts";
import { invalidSetting, SETTINGS, type SettingName, variableOf } from "../config/settings.ts";

/** Settings of the store alone, of a command that writes, of an import, and of a server. */
export const STORE: readonly SettingName[] = ["store"];
export const WRITING: readonly SettingName[] = ["store", "history"];
export const IMPORTING: readonly SettingName[] = ["store", "historyDays", "historyEntries"];
export const ALL: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** What flags say to every command. */
export interface Given extends ServerConfig {
  readonly config?: string;
}

/** The option of a setting; one without a value is a switch. */
export const optionOf = (name: SettingName, help: string = SETTINGS[name].help): Option => {
  const { flag, read } = SETTINGS[name];
  const option = new Option(flag, help);
  return option.isBoolean() ? option : option.argParser<unknown>(parsing(read));
};

const parsing =
  (read: (text: string) => unknown) =>
  (text: string): unknown => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };

/** A command with settings; flags and variables go before the config file. */
export const withSettings = (command: Command, names: readonly SettingName[]): Command => {
  for (const name of names) {
    const option = optionOf(name);
    // A switch with a variable would be on whatever the variable says.
    command.addOption(option.isBoolean() ? option : option.env(variableOf(name)));
  }
  return command.addOption(
    new Option("--config <file>", "config file (usermeta.config.ts, if it is there)").env("USERMETA_CONFIG"),
  );
};

/** What the flags, the variables and the config file say together. @throws UserMetadataError `options_invalid` */
export const configOf = async (given: Given): Promise<ServerConfig> => {
  const { config: file, ...settings } = given;
  const known = Object.entries(settings).filter(([name, value]) => name in SETTINGS && value !== undefined);
  const loaded = await loadConfig(file);
  const history = given.history ?? variableHistory() ?? loaded.history;
  // That it is on takes nothing from how the file wants it.
  const details = history === true && typeof loaded.history === "object" ? loaded.history : history;
  return { ...loaded, ...Object.fromEntries(known), history: details };
};

const variableHistory = (): ServerConfig["history"] => {
  const { USERMETA_HISTORY: value } = process.env;
  if (value === undefined) return undefined;
  if (value === "on" || value === "off") return value === "on";
  throw invalidSetting(`USERMETA_HISTORY is ${JSON.stringify(value)}. Give on or off.`);
};

/** `--if-version` of a command that writes. */
export const ifVersion = (): Option =>
  new Option(
    "--if-version <version>",
    "only if this is the stored version; 0: if nothing is stored",
  ).argParser(wholeNumber("the version of an earlier answer, or 0"));

/** Reads a whole number. */
export const wholeNumber =
  (what: string, least = 0) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && Number.isSafeInteger(number)) return number;
    throw new InvalidArgumentError(`Give ${what}.`);
  };

const MAX_REASON = 256;

/** `--reason` of a command that writes. */
export const reason = (): Option =>
  new Option("--reason <text>", "why it is written, for the history").argParser((text: string) => {
    if (text !== "" && text.length <= MAX_REASON && !/\p{Cc}/u.test(text)) return text;
    throw new InvalidArgumentError(`Give 1 to ${MAX_REASON} characters, without control characters.`);
  });

/** `--tiers` of a command about versions. */
export const tiers = (help: string): Option =>
  new Option("--tiers <names>", help).argParser((text: string) => text.split(",").map(toTier));

/** Reads the name of a tier. */
export const toTier = (text: string): Tier => {
  const found = TIERS.find((tier) => tier === text.trim());
  if (found) return found;
  throw new InvalidArgumentError(`Give names of ${TIERS.join(", ")}.`);
};
