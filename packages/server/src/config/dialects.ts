import { type Dialect, nativeDialect } from "@usermeta/core";
import type { ServerConfig } from "./config.ts";
import type { DialectName } from "./settings.ts";

const DIALECTS: Readonly<Record<DialectName, () => Promise<Dialect>>> = {
  native: async () => nativeDialect(),
  clerk: async () => (await import("@usermeta/core/clerk")).clerkDialect(),
  supertokens: async () => (await import("@usermeta/core/supertokens")).superTokensDialect(),
  bizzkit: async () => (await import("@usermeta/core/bizzkit")).bizzkitDialect(),
};

/** The dialects of the setting, made if they are named. */
export const toDialects = ({ dialects = ["native"] }: ServerConfig): Promise<readonly Dialect[]> =>
  Promise.all(dialects.map(async (each) => (typeof each === "string" ? DIALECTS[each]() : each)));
