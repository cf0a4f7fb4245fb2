import { DatabaseSync } from "node:sqlite";
import { createUserMetadata } from "@usermeta/core";
import { expect, test } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { freshPath } from "./harness.ts";

/** What a process of before the journal runs, and an app that removes rows by hand. */
const VALUES = "'ada', '{}', '{}', '{}', '[]'";
const INSERT = `INSERT INTO usermeta_documents (user_id, public_metadata, private_metadata, unsafe_metadata, claims,
  version, created_at, updated_at, claims_version) VALUES (${VALUES}`;
const DELETE = "DELETE FROM usermeta_documents WHERE user_id = 'ada'";

test("whoever else removes and makes a document, its user's lines are found, and erased", async () => {
  const path = freshPath();
  const metadata = createUserMetadata({ store: sqliteStore({ path }), history: {} });
  const other = new DatabaseSync(path);
  const countLines = () =>
    Object.values(other.prepare("SELECT count(*) FROM usermeta_entries").get() ?? {})[0];
  const write = async (count: number) => {
    await metadata.updateUserMetadata("ada", { publicMetadata: { count } });
    return (await metadata.history("ada")).entries.length;
  };
  expect([await write(1), await write(2)]).toEqual([1, 2]);
  other.exec(DELETE);
  expect((await metadata.history("ada")).entries).toHaveLength(2);
  const { version } = (await metadata.history("ada")).entries[0] ?? { version: 0 };
  other.exec(`${INSERT}, ${version + 1}, 1, 1, ${version + 1})`);
  expect(await write(3)).toBe(3);
  other.exec(`UPDATE usermeta_documents SET unsafe_metadata = '{"a":1}', version = version + 1`);
  other.exec(DELETE);
  expect(await write(4)).toBe(4);
  expect((await metadata.eraseUserMetadata("ada")).entries).toBe(4);
  // The line that stands for who was erased.
  expect(countLines()).toBe(1);
  expect((await metadata.history("ada")).entries).toEqual([]);
  other.close();
  await metadata.close();
});

test("trimming removes the oldest lines of each user, and leaves no line that an erasure would not find", async () => {
  const path = freshPath();
  const store = sqliteStore({ path });
  const other = new DatabaseSync(path);
  const count = (table: string) =>
    Object.values(other.prepare(`SELECT count(*) FROM ${table}`).get() ?? {})[0];
  const document = {
    public: {},
    private: {},
    unsafe: {},
    claims: [],
    claimsVersion: 1,
    createdAt: 1,
    updatedAt: 1,
  };
  // The clock of who wrote the first one was an hour ahead.
  for (const [version, at] of [
    [1, 9000],
    [2, 10],
    [3, 20],
  ] as const) {
    const entries = [{ subject: "ada", version, at, body: "{}" }];
    await store.write([{ userId: "ada", expected: version - 1, next: { ...document, version }, entries }]);
  }
  expect(await store.journal.trim(100, 10)).toBe(0);
  await store.journal.trimSubjects(["ada"], 2);
  expect(await store.journal.trim(100, 10)).toBe(2);
  await store.write([
    {
      userId: "ada",
      expected: 3,
      next: null,
      greatest: 4,
      entries: [{ subject: "ada", version: 4, at: 30, body: "{}" }],
    },
  ]);
  expect(count("usermeta_ended")).toBe(1);
  expect(await store.journal.trim(100, 10)).toBe(1);
  // Of who has neither a document nor lines not even the name stays.
  expect([count("usermeta_entries"), count("usermeta_ended")]).toEqual([0, 0]);
  other.close();
  await store.close();
});
