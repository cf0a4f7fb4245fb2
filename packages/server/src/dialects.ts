import { type Dialect, nativeDialect } from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import { type DialectName, invalidSetting } from "./settings.ts";

const DIALECTS: Readonly<Record<DialectName, () => Promise<Dialect>>> = {
  native: async () => nativeDialect(),
  clerk: async () => missing("clerk"),
  supertokens: async () => (await import("@usermeta/core/supertokens")).superTokensDialect(),
  bizzkit: async () => (await import("@usermeta/core/bizzkit")).bizzkitDialect(),
};

const missing = (name: DialectName): never => {
  throw invalidSetting(`The dialect ${name} is not in this version of @usermeta/core; leave it out.`);
};

/** The dialects of the setting, made where they are named. @throws UserMetadataError `options_invalid` */
export const toDialects = ({ dialects = ["native"] }: ServerConfig): Promise<readonly Dialect[]> =>
  Promise.all(dialects.map(async (each) => (typeof each === "string" ? DIALECTS[each]() : each)));
