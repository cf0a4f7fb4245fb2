import { join } from "node:path";
import type { UserMetadataEngine } from "@usermeta/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { cached, noteOf, setNote } from "../../../test/cached.ts";
import { messageOf, startChild } from "../../../test/child-process.ts";
import { type SqliteStoreOptions, sqliteStore } from "../src/index.ts";
import { documentsIn, drivers, freshPath, insert, threads } from "./harness.ts";

/** An engine with a cache, and the users whom it has read from the database. */
const cachedOn = (options: SqliteStoreOptions): ReturnType<typeof cached> =>
  cached(sqliteStore(options), 100);

describe.each(threads)("a file of its own, $name", ({ thread }) => {
  test("memory answers until somebody else has written, and then at once the database", async () => {
    const path = freshPath();
    const [ours, theirs] = [cachedOn({ path, thread }), cachedOn({ path, thread })];
    for (let round = 0; round < 3; round++) expect(await noteOf(ours.metadata)).toBeUndefined();
    expect(ours.reads).toEqual(["ada"]);
    await setNote(ours.metadata, "ours");
    for (let round = 0; round < 3; round++) expect(await noteOf(ours.metadata)).toBe("ours");
    // The one more is the write's.
    expect(ours.reads).toEqual(["ada", "ada"]);
    for (const note of ["one", "two", "three"]) {
      await setNote(theirs.metadata, note);
      expect(await noteOf(ours.metadata)).toBe(note);
      expect(await noteOf(ours.metadata)).toBe(note);
    }
    expect(ours.reads).toHaveLength(5);
    await theirs.metadata.clearUserMetadata("ada");
    expect(await noteOf(ours.metadata)).toBeUndefined();
  });

  test("another process: what it has acknowledged is read", async () => {
    const path = freshPath();
    const { metadata } = cachedOn({ path, thread });
    const child = startChild(join(import.meta.dirname, "counter-process.ts"));
    for (let count = 1; count <= 20; count++) {
      child.send(path);
      expect(await messageOf(child)).toBe("done");
      for (let round = 0; round < 2; round++)
        expect((await metadata.getUserMetadata("counter")).publicMetadata.count).toBe(count);
    }
  });

  test("two engines that both write and read never see a count go back", async () => {
    const path = freshPath();
    const engines = [cachedOn({ path, thread }), cachedOn({ path, thread })];
    let acknowledged = 0;
    const work = async ({ metadata }: { metadata: UserMetadataEngine }): Promise<void> => {
      for (let round = 0; round < 100; round++) {
        const before = acknowledged;
        const seen = Number((await metadata.getUserMetadata("ada")).publicMetadata.count ?? 0);
        expect(seen).toBeGreaterThanOrEqual(before);
        const { publicMetadata } = await metadata.mutateUserMetadata(
          "ada",
          ({ publicMetadata: { count } }) => ({ publicMetadata: { count: Number(count ?? 0) + 1 } }),
        );
        acknowledged = Math.max(acknowledged, Number(publicMetadata.count));
      }
    };
    await Promise.all([...engines, ...engines].map(work));
    expect(acknowledged).toBe(400);
  });
});

describe.each(drivers)("a connection of the app: $driver", ({ connect }) => {
  test("two stores on it see each other's writes", async () => {
    const database = connect(freshPath());
    onTestFinished(() => void database.close());
    const [one, two] = [cachedOn({ database }), cachedOn({ database })];
    await setNote(one.metadata, "one");
    expect(await noteOf(two.metadata)).toBe("one");
    await setNote(two.metadata, "two");
    expect(await noteOf(one.metadata)).toBe("two");
    expect(await noteOf(one.metadata)).toBe("two");
    // The first of its write, and the one after the other's.
    expect(one.reads).toHaveLength(2);
  });

  test("is asked again if the app has a transaction open, which hides what others write", async () => {
    const path = freshPath();
    const [database, other] = [connect(path), connect(path)];
    onTestFinished(() => {
      database.close();
      other.close();
    });
    const { metadata } = cachedOn({ database });
    await setNote(metadata, "before");
    database.exec("BEGIN; SELECT count(*) FROM usermeta_documents");
    await expect(noteOf(metadata)).rejects.toMatchObject({ code: "store_busy" });
    database.exec("COMMIT");
    expect(await noteOf(metadata)).toBe("before");
    const theirs = sqliteStore({ database: other });
    const change = insert("ada", "after");
    const [stored] = await documentsIn(theirs, ["ada"]);
    const version = stored?.version ?? 0;
    expect(
      await theirs.write([
        { userId: "ada", expected: version, next: change.next && { ...change.next, version: version + 1 } },
      ]),
    ).toEqual([true]);
    expect(await noteOf(metadata)).toBe("after");
  });
});

test.each(threads)("a closed store answers nothing from memory, $name", async ({ thread }) => {
  const { metadata } = cachedOn({ path: freshPath(), thread });
  await setNote(metadata, "here");
  await metadata.close();
  await expect(noteOf(metadata)).rejects.toMatchObject({ code: "store_unavailable" });
});
