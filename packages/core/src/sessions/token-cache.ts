import { toUtf8 } from "../document/json.ts";

/** What is known of tokens that were verified, by the whole of what was sent. */
export interface TokenCache<Known extends { readonly expiresAt: number }> {
  /** What was set for the same text, until `expiresAt` (ms since 1970). */
  get(sent: string): Known | undefined;
  set(sent: string, known: Known): void;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** What is longer is verified each time it comes. */
const MAX_TOKEN_BYTES = 4096;
/** The end of a token is of its signature: a key that is cheap to make and to hash. The whole is compared. */
const KEY_LENGTH = 12;

/**
 * Makes a cache for a session verifier of yours. It holds 8 MiB of what was sent, and the token that came first goes
 * first; a text of more than 4,096 bytes is not kept. A token is kept by what was sent and not by the token in it: a
 * string that was cut out of another is slower to compare.
 *
 * @example
 * ```ts
 * import { createTokenCache } from "@usermeta/core";
 *
 * const cache = createTokenCache<{ userId: string; expiresAt: number }>();
 * cache.set("Bearer abc.def.ghi", { userId: "jane", expiresAt: Date.now() + 60_000 });
 * console.log(cache.get("Bearer abc.def.ghi")?.userId); // jane
 * ```
 */
export const createTokenCache = <Known extends { readonly expiresAt: number }>(): TokenCache<Known> => {
  const entries = new Map<string, { readonly sent: string; readonly known: Known }>();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= entries.get(key)?.sent.length ?? 0;
    entries.delete(key);
  };
  return {
    get(sent) {
      const key = sent.slice(-KEY_LENGTH);
      const entry = entries.get(key);
      if (entry?.sent !== sent) return undefined;
      if (entry.known.expiresAt > Date.now()) return entry.known;
      drop(key);
      return undefined;
    },
    set(sent, known) {
      if (sent.length > MAX_TOKEN_BYTES) return;
      const key = sent.slice(-KEY_LENGTH);
      drop(key);
      bytes += sent.length;
      // A copy: what was cut out of a Cookie header would keep the whole header in memory.
      entries.set(key, { sent: new TextDecoder().decode(toUtf8(sent)), known });
      while (bytes > MAX_BYTES) drop(entries.keys().next().value as string);
    },
  };
};
