/** What is known of tokens, by the whole of what was sent. */
export interface TokenCache<Known extends { readonly expiresAt: number }> {
  /** What was set for the same text, until it expires. */
  get(sent: string): Known | undefined;
  set(sent: string, known: Known): void;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** What is longer is verified each time it comes. */
const MAX_TOKEN_BYTES = 4096;
/** The end of a token is of its signature: a key that is cheap to make and to hash. The whole is compared. */
const KEY_LENGTH = 12;

/** Bounded by the bytes of what was sent; what was asked for least recently goes first. */
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
      if (!(entry.known.expiresAt > Date.now())) {
        drop(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry.known;
    },
    set(sent, known) {
      if (sent.length > MAX_TOKEN_BYTES) return;
      const key = sent.slice(-KEY_LENGTH);
      drop(key);
      bytes += sent.length;
      entries.set(key, { sent, known });
      while (bytes > MAX_BYTES) drop(entries.keys().next().value as string);
    },
  };
};
