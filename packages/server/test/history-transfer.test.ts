import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createUserMetadata,
  type Journal,
  type Store,
  type StoredEntry,
  type UserMetadataEngine,
} from "@usermeta/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS } from "./backends.ts";
import { makePlace, type Place, type Ran } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const DAY_MS = 86_400_000;

describe.each(BACKENDS)("export and import of histories in $title", ({ env, open }) => {
  const run = (database: string, args: readonly string[], extra: Record<string, string> = {}): Promise<Ran> =>
    place.run(args, { env: { ...env(database), ...extra } });
  /** Opens a database, as a server that keeps a history does. */
  const using = async <T>(
    database: string,
    use: (parts: { readonly metadata: UserMetadataEngine; readonly store: Store }) => Promise<T>,
  ): Promise<T> => {
    const store = await open(place.folder, database);
    const metadata = createUserMetadata({ store, history: {} });
    try {
      return await use({ metadata, store });
    } finally {
      await metadata.close();
    }
  };
  const entriesOf = (database: string, userId: string): Promise<readonly StoredEntry[]> =>
    using(database, ({ store }) =>
      (store.journal as Journal).read({ subject: userId, before: Number.MAX_SAFE_INTEGER, limit: 5000 }),
    );
  /** What was stored at each version, as text. */
  const pastOf = (database: string, userId: string): Promise<readonly string[]> =>
    using(database, async ({ metadata }) => {
      const { entries } = await metadata.history(userId, { limit: 500 });
      const past = entries.map(async ({ version }) => {
        const { privateMetadata, claims, ...shown } = await metadata.getUserMetadata(userId, { version });
        return JSON.stringify({ ...shown, privateMetadata, claims });
      });
      return Promise.all(past);
    });
  /** Exports one database and imports what it says into another. */
  const transfer = async (from: string, to: string, ...flags: readonly string[]): Promise<string> => {
    const exported = await run(from, ["export", "--history", "--output", `${from}.export`]);
    expect(exported, exported.stderr).toMatchObject({ code: 0, stderr: "" });
    const imported = await run(to, ["import", `${from}.export`, ...flags]);
    expect(imported.code, imported.stderr).toBe(0);
    return imported.stderr;
  };
  /** Users with a history of all kinds of writes. */
  const fill = (database: string): Promise<void> =>
    using(database, async ({ metadata }) => {
      await metadata.updateUserMetadata(
        "jane",
        { publicMetadata: { b: 1, a: [1, 2 ** 60, -0.5] } },
        { by: "made" },
      );
      await metadata.updateUserMetadata("jane", { privateMetadata: { key: '"\u2028\\' } }, { reason: "é😀" });
      const { version } = await metadata.patchUserMetadata("jane", [
        { op: "remove", path: "/publicMetadata/b" },
        { op: "add", path: "/publicMetadata/b", value: { "": null } },
        { op: "add", path: "/claims/-", value: "a" },
      ]);
      await metadata.clearUserMetadata("jane");
      await metadata.replaceUserMetadata("jane", { unsafeMetadata: { theme: "dark" } });
      await metadata.rollbackUserMetadata("jane", version, { by: "support" });
      for (let count = 0; count < 700; count += 1)
        await metadata.updateUserMetadata("joe", { unsafeMetadata: { count } });
      await metadata.updateUserMetadata("left", { unsafeMetadata: { a: 1 } });
      await metadata.clearUserMetadata("left");
    });

  test("every entry and every old version comes back, to the byte", async () => {
    await fill("a");
    expect(await transfer("a", "b", "--history")).toContain("2 users: 2 written");
    for (const userId of ["jane", "joe"]) {
      const entries = await entriesOf("a", userId);
      expect(entries.length).toBe(userId === "jane" ? 6 : 700);
      expect(await entriesOf("b", userId)).toEqual(entries);
      expect(await pastOf("b", userId)).toEqual(await pastOf("a", userId));
    }
    expect(await entriesOf("b", "left")).toEqual([]);
    const again = await run("b", ["import", "a.export", "--history"]);
    expect(again.stderr).toContain("0 written, 2 there already");
    expect(await entriesOf("b", "jane")).toEqual(await entriesOf("a", "jane"));
    await run("b", ["export", "--history", "--output", "b.export"]);
    expect(await readFile(join(place.folder, "b.export"), "utf8")).toBe(
      await readFile(join(place.folder, "a.export"), "utf8"),
    );
  });

  test("a second import goes on from the first, and the history is as it is there", async () => {
    await fill("a");
    await transfer("a", "b", "--history");
    await using("a", ({ metadata }) =>
      metadata.updateUserMetadata("jane", { unsafeMetadata: { later: true } }),
    );
    await run("a", ["export", "--history", "--output", "later.export"]);
    const { stderr } = await run("b", ["import", "later.export", "--history"]);
    expect(stderr).toContain("1 written, 1 there already");
    expect(await entriesOf("b", "jane")).toEqual(await entriesOf("a", "jane"));
    expect(await pastOf("b", "jane")).toEqual(await pastOf("a", "jane"));
  });

  test("without the flag an export has no entries, and an import takes none and says so", async () => {
    await fill("a");
    const { stdout } = await run("a", ["export"]);
    expect(stdout.split("\n").filter((line) => line.includes('"history":'))).toEqual([]);
    expect(await transfer("a", "b")).toMatch(/^The file has the history of its users\. Give --history/);
    expect(await entriesOf("b", "jane")).toEqual([]);
    expect(await using("b", ({ metadata }) => metadata.getUserMetadata("jane"))).toMatchObject({
      unsafeMetadata: {},
      publicMetadata: { b: { "": null } },
    });
  });

  test("an import is in the history if one is kept, and what was there before can be put back", async () => {
    await using("a", ({ metadata }) =>
      metadata.updateUserMetadata("jane", { publicMetadata: { from: "a" } }),
    );
    const { version: before } = await using("b", ({ metadata }) =>
      metadata.updateUserMetadata("joe", { publicMetadata: { from: "b" } }),
    );
    await run("a", ["export", "--output", "a.export"]);
    const [line = ""] = (await readFile(join(place.folder, "a.export"), "utf8")).split("\n");
    const later = {
      ...JSON.parse(line),
      userId: "joe",
      version: before + 5000,
      updatedAt: 1_500_000_000_000,
    };
    await writeFile(join(place.folder, "a.export"), `${line}\n${JSON.stringify(later)}\n`);
    const startedAt = Date.now();
    await run("b", ["import", "a.export"], { USERMETA_HISTORY: "on" });
    const by = { kind: "import", id: "file", via: "cli" };
    const [made] = await using("b", async ({ metadata }) => (await metadata.history("jane")).entries);
    expect(made).toMatchObject({ by, previous: 0, action: "update" });
    const [replaced] = await using("b", async ({ metadata }) => (await metadata.history("joe")).entries);
    expect(replaced).toMatchObject({ by, previous: before, version: later.version });
    // It was written now, whatever the file says of the document: else it would be trimmed at once.
    expect(replaced?.at).toBeGreaterThanOrEqual(startedAt);
    expect(await pastOf("b", "joe")).toEqual([
      expect.stringMatching(/"from":"a".*"updatedAt":1500000000000/),
      expect.stringContaining('"from":"b"'),
    ]);
  });

  test("users of another system are imported in its name", async () => {
    const user = { user_id: "auth0|1", user_metadata: { theme: "dark" }, updated_at: "2020-01-01T00:00:00Z" };
    await writeFile(join(place.folder, "users.ndjson"), JSON.stringify(user));
    await run("a", ["import", "--from", "auth0", "users.ndjson", "--history"]);
    const [entry] = await using("a", async ({ metadata }) => (await metadata.history("auth0|1")).entries);
    expect(entry?.by).toEqual({ kind: "import", id: "auth0", via: "cli" });
  });

  test("a document that gets a later version than the file's, because one was removed here, keeps its history", async () => {
    await fill("a");
    await using("b", async ({ metadata }) => {
      await metadata.updateUserMetadata("other", { publicMetadata: { a: 2 } });
      await metadata.clearUserMetadata("other");
    });
    await transfer("a", "b", "--history");
    const [own, ...told] = await entriesOf("b", "jane");
    expect(JSON.parse(own?.body ?? "")).toMatchObject({ by: ["import", "file", "cli"], changes: {} });
    expect(told).toEqual(await entriesOf("a", "jane"));
    const [newest, ...past] = await pastOf("b", "jane");
    expect(past).toEqual(await pastOf("a", "jane"));
    expect(newest?.replace(/"version":\d+/, "")).toBe(past[0]?.replace(/"version":\d+/, ""));
  });

  test("a user who was removed here comes back, and the history here goes on", async () => {
    await using("a", ({ metadata }) => metadata.updateUserMetadata("jane", { publicMetadata: { there: 1 } }));
    await using("b", async ({ metadata }) => {
      await metadata.updateUserMetadata("jane", { publicMetadata: { here: 1 } });
      await metadata.clearUserMetadata("jane");
    });
    await transfer("a", "b", "--history");
    expect(await pastOf("b", "jane")).toEqual([
      expect.stringContaining('"there":1'),
      expect.stringContaining('"version":0'),
      expect.stringContaining('"here":1'),
    ]);
  });

  test("the entries of another document of the same version are not mixed with those of the stored one", async () => {
    const write = (database: string, from: string): Promise<unknown> =>
      using(database, ({ metadata }) => metadata.updateUserMetadata("jane", { publicMetadata: { from } }));
    await write("a", "a");
    await run("a", ["export", "--history", "--output", "a.export"]);
    await run("b", ["import", "a.export", "--history"]);
    await write("a", "later");
    await run("a", ["export", "--history", "--output", "later.export"]);
    const text = await readFile(join(place.folder, "later.export"), "utf8");
    await writeFile(
      join(place.folder, "later.export"),
      text.replace('{\\"+\\":\\"a\\"}', '{\\"+\\":\\"c\\"}'),
    );
    await run("b", ["import", "later.export", "--history"]);
    const [own, made] = await entriesOf("b", "jane");
    expect(JSON.parse(own?.body ?? "")).toMatchObject({
      by: ["import", "file", "cli"],
      previous: made?.version,
    });
  });

  test("the history of another document is not mixed with that of the stored one", async () => {
    await using("b", ({ metadata }) => metadata.updateUserMetadata("jane", { publicMetadata: { here: 1 } }));
    await fill("a");
    await transfer("a", "b", "--history");
    const [newest, oldest, ...others] = await pastOf("b", "jane");
    expect(others).toEqual([]);
    expect([newest, oldest]).toEqual([
      expect.stringContaining('"b":{"":null}'),
      expect.stringContaining('"here":1'),
    ]);
  });

  test("what is too old, too much or of a tier that is not kept is left out", async () => {
    await fill("a");
    await run("a", ["export", "--history", "--output", "a.export"]);
    const text = await readFile(join(place.folder, "a.export"), "utf8");
    const aged = text.replaceAll(/"at":(\d+)/g, (_, at, offset: number) =>
      offset < text.indexOf('"at":', text.indexOf('"at":') + 1)
        ? `"at":${Number(at) - 8 * DAY_MS}`
        : `"at":${at}`,
    );
    await writeFile(join(place.folder, "a.export"), aged);
    const config = { USERMETA_HISTORY_DAYS: "7", USERMETA_HISTORY_ENTRIES: "100" };
    await run("b", ["import", "a.export", "--history"], config);
    expect(await entriesOf("b", "jane")).toEqual((await entriesOf("a", "jane")).slice(0, -1));
    expect(await entriesOf("b", "joe")).toEqual((await entriesOf("a", "joe")).slice(0, 100));
  });

  test("a line with entries that are not valid is refused, and the others are stored", async () => {
    await fill("a");
    await run("a", ["export", "--history", "--output", "a.export"]);
    const [jane = "", joe = ""] = (await readFile(join(place.folder, "a.export"), "utf8")).split("\n");
    const { history, ...record } = JSON.parse(jane) as { history: StoredEntry[] };
    const [first, second] = history;
    const bad = [
      {},
      [7],
      [{ ...first, body: "{" }],
      [{ ...first, body: "{}" }],
      [{ ...first, version: 1.5 }],
      [{ ...first, at: "now" }],
      [second, first],
      [{ ...first, version: Number.MAX_SAFE_INTEGER }],
    ];
    const lines = bad.map((entries, index) =>
      JSON.stringify({ ...record, userId: `u${index}`, history: entries }),
    );
    await writeFile(join(place.folder, "bad.export"), [...lines, joe, ""].join("\n"));
    const { code, stderr } = await run("b", ["import", "bad.export", "--history"]);
    expect(code).toBe(1);
    expect(stderr.split("\n").filter((line) => line.includes("(json_value_refused)"))).toHaveLength(
      bad.length,
    );
    expect(stderr).toContain("9 users: 1 written");
    expect(await entriesOf("b", "joe")).toHaveLength(700);
  });
});
