import { setTimeout as wait } from "node:timers/promises";
import { UserMetadataError } from "@usermeta/core";
import { parseExact } from "../record.ts";
import type { Ask } from "./source.ts";

const MAX_WAIT_SECONDS = 300;

/**
 * Asks the API at an address, which may have a path of its own. A 429 is waited out for as long as it says.
 * @throws UserMetadataError `options_invalid` with what the API answered: its status, and never its body
 */
export const createAsk = (base: string, headers: Readonly<Record<string, string>>): Ask => {
  const ask: Ask = async (path) => {
    const url = base.replace(/\/+$/, "") + path;
    const response = await fetch(url, { headers }).catch((cause: unknown) => {
      throw new UserMetadataError("options_invalid", `${base} cannot be reached. Check the address.`, {
        cause,
      });
    });
    const text = await response.text();
    if (response.ok) return parseExact(text);
    if (response.status !== 429) throw refused(base, response.status);
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    await wait(1000 * Math.min(Number.isFinite(seconds) ? Math.max(seconds, 0) : 1, MAX_WAIT_SECONDS));
    return ask(path);
  };
  return ask;
};

const refused = (base: string, status: number): UserMetadataError =>
  new UserMetadataError(
    "options_invalid",
    `${base} answered ${status}. ${status === 401 || status === 403 ? "Check the key in USERMETA_SOURCE_KEY." : "Check the address, and try again later."}`,
  );
