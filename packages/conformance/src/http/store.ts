import { memoryStore, type Store } from "@usermeta/core";
import type { Hold } from "./contract.ts";
import { FAILING_PREFIX } from "./fixtures.ts";

/** The suite's store. */
export interface CaseStore {
  readonly store: Store;
  /** Lets the store hang for a user. */
  hold(userId: string): Hold;
}

interface Held {
  readonly asked: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

/** A memory store that fails and hangs when a case wants it to. */
export const createStore = (): CaseStore => {
  const store = memoryStore();
  const held = new Map<string, Held>();
  const wait = async (userId: string): Promise<void> => {
    const { asked, released } = held.get(userId) ?? {};
    asked?.resolve();
    await released?.promise;
  };
  return {
    store: {
      read: async (userIds) => {
        if (userIds.some((id) => id.startsWith(FAILING_PREFIX))) throw new Error("The disk is on fire.");
        await Promise.all(userIds.map(wait));
        return store.read(userIds);
      },
      write: (changes) => store.write(changes),
      find: async (query) => (await store.find?.(query)) ?? [],
      count: async () => (await store.count?.()) ?? 0,
      ...(store.journal && { journal: store.journal }),
    },
    hold: (userId) => {
      const asked = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      held.set(userId, { asked, released });
      const release = (): void => {
        held.delete(userId);
        released.resolve();
      };
      return { asked: asked.promise, release };
    },
  };
};
