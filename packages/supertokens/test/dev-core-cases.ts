/** What the metadata of a SuperTokens core means, whichever way it is called. */
import { expect } from "vitest";

/** The three calls, by the SDK or by hand. */
export interface MetadataApi {
  get(userId: string): Promise<unknown>;
  update(userId: string, metadataUpdate: object): Promise<unknown>;
  clear(userId: string): Promise<unknown>;
}

/** A case, with the ids of users whom no other case has. */
export interface MetadataCase {
  readonly name: string;
  run(api: MetadataApi, userId: string): Promise<void>;
}

const ok = (metadata: object) => ({ status: "OK", metadata });

export const metadataCases: readonly MetadataCase[] = [
  {
    name: "a user who has nothing has an empty object",
    run: async ({ get }, userId) => expect(await get(userId)).toEqual(ok({})),
  },
  {
    name: "a root null is not stored on create",
    run: async ({ get, update }, userId) => {
      expect(await update(userId, { a: null, b: 1 })).toEqual(ok({ b: 1 }));
      expect(await get(userId)).toEqual(ok({ b: 1 }));
    },
  },
  {
    name: "a root null removes, a nested one stays",
    run: async ({ update }, userId) => {
      await update(userId, { a: 1, b: { c: null, d: [null] } });
      expect(await update(userId, { a: null })).toEqual(ok({ b: { c: null, d: [null] } }));
    },
  },
  {
    name: "nested objects and arrays are replaced whole",
    run: async ({ update }, userId) => {
      await update(userId, { preferences: { theme: "dark", size: 1 }, list: [1, 2, 3] });
      expect(await update(userId, { preferences: { lang: "en" }, list: [4] })).toEqual(
        ok({ preferences: { lang: "en" }, list: [4] }),
      );
    },
  },
  {
    name: "{} creates an empty document, and changes none",
    run: async ({ update }, userId) => {
      expect(await update(userId, {})).toEqual(ok({}));
      await update(userId, { a: "ü", "key.with dots/and ☂": true });
      expect(await update(userId, {})).toEqual(ok({ a: "ü", "key.with dots/and ☂": true }));
    },
  },
  {
    name: "two first writes at once are both kept",
    run: async ({ get, update }, userId) => {
      await Promise.all([update(userId, { a: 1 }), update(userId, { b: 2 })]);
      expect(await get(userId)).toEqual(ok({ a: 1, b: 2 }));
    },
  },
  {
    name: "clearing a user who has nothing is well",
    run: async ({ clear }, userId) => expect(await clear(userId)).toEqual({ status: "OK" }),
  },
  {
    name: "what is cleared is empty, and begins anew",
    run: async ({ get, update, clear }, userId) => {
      await update(userId, { a: 1 });
      expect(await clear(userId)).toEqual({ status: "OK" });
      expect(await get(userId)).toEqual(ok({}));
      expect(await update(userId, { b: 2 })).toEqual(ok({ b: 2 }));
    },
  },
];

/** Not among the others, as it takes its time. Each caller has a connection of its own. */
export const manyKeys: MetadataCase = {
  name: "of 3,000 keys by 100 callers at once none is lost",
  run: async ({ get, update }, userId) => {
    const keys = Array.from({ length: 3000 }, (_, index) => `k${index}`);
    const waiting = keys.entries();
    const call = async (): Promise<void> => {
      for (const [index, key] of waiting) await update(userId, { [key]: index });
    };
    await Promise.all(Array.from({ length: 100 }, call));
    const all = Object.fromEntries(keys.map((key, index) => [key, index]));
    expect(await get(userId)).toEqual(ok(all));
  },
};
