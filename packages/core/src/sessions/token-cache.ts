import { toUtf8 } from "../document/json.ts";
import type { Session } from "./session.ts";

/** Sessions of tokens that were verified. */
export interface TokenCache {
  /** The session of what was sent before, until its token expires. */
  get(sent: string): Session | undefined;
  set(sent: string, session: Session): void;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** What is longer is verified each time it comes. */
const MAX_TOKEN_BYTES = 4096;
/** The end of a token is of its signature: a key that is cheap to make and to hash. The whole is compared. */
const KEY_LENGTH = 12;

/**
 * Bounded by the bytes of what was sent; the token that came first goes first. It is kept by what was sent and not by the
 * token in it: a string that was cut out of another is slower to compare.
 */
export const createTokenCache = (): TokenCache => {
  const entries = new Map<string, { readonly sent: string; readonly session: Session }>();
  let bytes = 0;
  const drop = (key: string): void => {
    bytes -= entries.get(key)?.sent.length ?? 0;
    entries.delete(key);
  };
  return {
    get(sent) {
      const key = sent.slice(-KEY_LENGTH);
      const known = entries.get(key);
      if (known?.sent !== sent) return undefined;
      if ((known.session.getAccessTokenPayload().exp as number) * 1000 > Date.now()) return known.session;
      drop(key);
      return undefined;
    },
    set(sent, session) {
      if (sent.length > MAX_TOKEN_BYTES) return;
      const key = sent.slice(-KEY_LENGTH);
      drop(key);
      bytes += sent.length;
      // A copy: what was cut out of a Cookie header would keep the whole header in memory.
      entries.set(key, { sent: new TextDecoder().decode(toUtf8(sent)), session });
      while (bytes > MAX_BYTES) drop(entries.keys().next().value as string);
    },
  };
};
