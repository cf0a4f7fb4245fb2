import { memoryStore } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { describe, expect, test } from "vitest";
import { engineOn, freshPath } from "./harness.ts";

const KEYS = 3000;

const stores = [
  { name: "memory", open: () => memoryStore() },
  { name: "SQLite", open: () => sqliteStore({ path: freshPath() }) },
];

describe.each(stores)("$name: 3,000 parallel updates of one user, one key each", ({ open }) => {
  test.each(["shallow", "deep"] as const)(
    "%s: every key is there, and every caller saw its own",
    async (merge) => {
      const metadata = engineOn(open());
      const update = async (key: number): Promise<boolean> => {
        const { unsafeMetadata } = await metadata.updateUserMetadata(
          "jane",
          { unsafeMetadata: { [`key${key}`]: key } },
          { merge },
        );
        return unsafeMetadata[`key${key}`] === key;
      };
      const own = await Promise.all(Array.from({ length: KEYS }, (_, key) => update(key)));
      expect(own.filter(Boolean)).toHaveLength(KEYS);
      const { unsafeMetadata } = await metadata.getUserMetadata("jane");
      const all = Object.fromEntries(Array.from({ length: KEYS }, (_, key) => [`key${key}`, key]));
      expect(unsafeMetadata).toEqual(all);
      await metadata.close();
    },
  );
});
