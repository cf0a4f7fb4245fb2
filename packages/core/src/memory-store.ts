import type { MetadataDocument } from "./document.ts";
import type { Change, Store } from "./store.ts";

/**
 * A store that forgets: for tests, examples and a first try. What it holds is gone with the process and is seen by no
 * other process. Documents are kept as JSON text, so that like in a real store no caller shares an object with it.
 */
export const memoryStore = (): Store => {
  const stored = new Map<string, { readonly version: number; readonly text: string }>();

  const load = (userId: string): MetadataDocument | undefined => {
    const entry = stored.get(userId);
    return entry && (JSON.parse(entry.text) as MetadataDocument);
  };
  const swap = ({ userId, expected, next }: Change): boolean => {
    if ((stored.get(userId)?.version ?? 0) !== expected) return false;
    if (next === null) stored.delete(userId);
    else stored.set(userId, { version: next.version, text: JSON.stringify(next) });
    return true;
  };

  return {
    read: async (userIds) => userIds.map(load),
    write: async (changes) => changes.map(swap),
    find: async (query) => {
      const { findAmong } = await import("./find.ts");
      const all = [...stored.keys()].map((userId) => ({
        userId,
        document: load(userId) as MetadataDocument,
      }));
      return findAmong(all, query);
    },
    count: async () => stored.size,
  };
};
