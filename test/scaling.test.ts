import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Change, Store } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { expect, test } from "vitest";
import { freshDatabase } from "./postgres/database.ts";
import { ROOT } from "./source.ts";

const text = readFileSync(join(ROOT, "docs/scaling.md"), "utf8");
const code = /^```ts\n(for [\s\S]*?)^```/m.exec(text)?.[1] ?? "";
const Code = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...parts: string[]
) => (from: Store, to: Store) => Promise<void>;

test("the code of docs/scaling.md moves all users from SQLite to PostgreSQL as they are", async () => {
  const database = await freshDatabase();
  const from = sqliteStore({ path: ":memory:" });
  const to = postgresStore({ connectionString: database.url });
  const changes = Array.from(
    { length: 1200 },
    (_, index): Change => ({
      userId: `user ${index}`,
      expected: 0,
      next: {
        public: { z: index, a: "ä" },
        private: { id: `cus_${index}` },
        unsafe: {},
        claims: ["z"],
        version: 1000 + index,
        createdAt: 10 + index,
        updatedAt: 20 + index,
      },
    }),
  );
  await from.write(changes);
  await new Code("from", "to", code)(from, to);
  expect(await to.count()).toBe(1200);
  expect(await to.read(changes.map(({ userId }) => userId))).toEqual(changes.map(({ next }) => next));
  await from.close();
  await to.close();
  await database.drop();
});
