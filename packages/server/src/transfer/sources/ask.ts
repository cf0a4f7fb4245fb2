import { setTimeout as wait } from "node:timers/promises";
import { UserMetadataError } from "@usermeta/core";
import { invalidSetting } from "../../config/settings.ts";
import { decodeUtf8 } from "../utf8.ts";
import type { Ask } from "./source.ts";

const MAX_WAIT_SECONDS = 300;

/**
 * Asks the API at an address, which may have a path of its own. A 429 is waited out for as long as it says.
 * @throws UserMetadataError `options_invalid` with what the API answered: its status, and never its body
 */
export const createAsk = (base: string, headers: Readonly<Record<string, string>>): Ask => {
  const fetchText = async (path: string): Promise<{ readonly status: number; readonly text: string }> => {
    const url = base.replace(/\/+$/, "") + path;
    const response = await fetch(url, { headers }).catch((cause: unknown) => {
      throw new UserMetadataError("options_invalid", `${base} cannot be reached. Check the address.`, {
        cause,
      });
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 429)
      return { status: response.status, text: response.ok ? decodeUtf8(bytes.toString("latin1")) : "" };
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    await wait(1000 * Math.min(Number.isFinite(seconds) ? Math.max(seconds, 0) : 1, MAX_WAIT_SECONDS));
    return fetchText(path);
  };
  const ifThere = async (path: string): Promise<string | undefined> => {
    const { status, text } = await fetchText(path);
    if (status === 404) return undefined;
    if (status < 200 || status > 299) throw refused(base, status);
    return text;
  };
  const ask = async (path: string): Promise<string> => {
    const text = await ifThere(path);
    if (text === undefined) throw refused(base, 404);
    return text;
  };
  return Object.assign(ask, { ifThere });
};

const refused = (base: string, status: number): UserMetadataError =>
  invalidSetting(
    `${base} answered ${status}. ${status === 401 || status === 403 ? "Check the key in USERMETA_SOURCE_KEY." : "Check the address, and try again later."}`,
  );
