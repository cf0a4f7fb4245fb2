import { createUserMetadata, type PlacedEntry } from "@usermeta/core";
import { describe, expect, test } from "vitest";
import { execute } from "../../../test/postgres/database.ts";
import type { PostgresStore } from "../src/index.ts";
import {
  begin,
  connectTo,
  expectFailure,
  freshUrl,
  insert,
  open,
  recordOver,
  remove,
  somebodyWaits,
  update,
  withLine,
} from "./harness.ts";

const linesOf = (entries: readonly PlacedEntry[]): readonly string[] =>
  entries.map(({ subject, version }) => `${subject} ${version}`);

/** Follows a page at a time until so many lines have come: transactions of other tests may hold them back. */
const placed = async (
  { journal }: PostgresStore,
  count: number,
  after = "",
): Promise<readonly PlacedEntry[]> => {
  const found: PlacedEntry[] = [];
  while (found.length < count) found.push(...(await journal.follow(found.at(-1)?.position ?? after, 2)));
  return found;
};

const followed = async (...asked: Parameters<typeof placed>): Promise<readonly string[]> =>
  linesOf(await placed(...asked));

describe("transactions that overlap", () => {
  test.each(["COMMIT", "ROLLBACK"])("one that is open holds later lines back until its %s", async (end) => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([withLine(insert("first"))]);
    const [first] = await followed(store, 1);
    const position = await store.journal.end();
    const other = await begin(connectionString);
    await recordOver(other, withLine(insert("open")));
    for (const userId of ["ada", "bob"]) await store.write([withLine(insert(userId))]);
    expect(await store.journal.follow(position, 9)).toEqual([]);
    expect(await store.journal.read({ subject: "ada", before: 9, limit: 9 })).toHaveLength(1);
    const meanwhile = await store.journal.end();
    await other.query(end);
    const rest = [...(end === "COMMIT" ? ["open 1"] : []), "ada 1", "bob 1"];
    expect(await followed(store, rest.length, position)).toEqual(rest);
    expect(await followed(store, rest.length + 1)).toEqual([first, ...rest]);
    // What was not committed at that moment comes after it.
    expect(await followed(store, rest.length, meanwhile)).toEqual(rest);
  });

  test("one that has its id before that of another which it waits for: the lines of a user are in order", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([withLine(insert("ada"))]);
    const early = await begin(connectionString);
    await recordOver(early, withLine(insert("bob")));
    const late = await begin(connectionString);
    await recordOver(late, withLine(remove("ada", 1)));
    const again = { ...update("ada", 4), expected: 0 };
    const written = recordOver(early, withLine(again), withLine(update("bob")));
    await somebodyWaits(connectionString);
    await late.query("COMMIT");
    expect(await written).toBeNull();
    expect(linesOf(await store.journal.follow("", 9))).not.toContain("ada 2");
    await early.query("COMMIT");
    const lines = await followed(store, 5);
    expect(lines.filter((line) => line.startsWith("ada"))).toEqual(["ada 1", "ada 2", "ada 5"]);
    expect(lines.filter((line) => line.startsWith("bob"))).toEqual(["bob 1", "bob 2"]);
  });

  test("an erasure takes along the lines of a write that it waited for", async () => {
    const connectionString = await freshUrl();
    const store = open({ connectionString });
    await store.write([withLine(insert("ada"))]);
    const other = await begin(connectionString);
    await recordOver(other, withLine(remove("ada", 1)));
    const erasure = { digest: "d1", at: 3, body: "{}" };
    const entries = [{ subject: "\u0001d1", version: 3, at: 3, body: "{}" }];
    const change = { userId: "ada", expected: 0, next: null, least: 3, greatest: 3, entries, erasure };
    const client = await connectTo(connectionString);
    const written = recordOver(client, change);
    await somebodyWaits(connectionString);
    await other.query("COMMIT");
    expect(await written).toBeNull();
    expect(await followed(store, 1)).toEqual(["\u0001d1 3"]);
  });
});

describe("lines that were restored into another server, whose transactions have lower ids", () => {
  test("are followed, and new ones come after them, from any position", async () => {
    const connectionString = await freshUrl();
    const one = open({ connectionString });
    await one.write([withLine(insert("ada")), withLine(insert("bob"))]);
    await execute(
      connectionString,
      "UPDATE usermeta_documents_entries SET tx = (tx::text::bigint + 1000000000)::text::xid8",
    );
    const restored = open({ connectionString });
    const [first] = await restored.journal.follow("", 1);
    expect(first?.subject).toBe("ada");
    await restored.write([withLine(update("ada")), withLine(update("bob"))]);
    const lines = ["bob 1", "ada 2", "bob 2"];
    expect(await followed(restored, 3, first?.position)).toEqual(lines);
    await open({ connectionString }).write([withLine(update("ada", 2))]);
    expect(await followed(restored, 4, first?.position)).toEqual([...lines, "ada 3"]);
    const [row] = await execute(connectionString, "SELECT epoch FROM usermeta_documents_journal");
    expect(row?.rows).toEqual([{ epoch: 2 }]);
  });
});

describe("trimming", () => {
  test("is done by one process at a time, and waits for nobody who is being erased", async () => {
    const connectionString = await freshUrl();
    const [one, other] = [open({ connectionString }), open({ connectionString })];
    await one.write(["ada", "bob"].map((userId) => withLine(insert(userId))));
    const client = await begin(connectionString);
    await client.query("DELETE FROM usermeta_documents_entries WHERE subject = 'ada'");
    expect(await one.journal.trim(100, 100)).toBe(1);
    await client.query("ROLLBACK");
    const busy = await begin(connectionString);
    await busy.query(
      `SELECT pg_advisory_xact_lock(${0x75736572}, 'usermeta_documents_entries'::regclass::oid::integer)`,
    );
    expect(await other.journal.trim(100, 100)).toBe(0);
    await other.journal.trimSubjects(["ada"], 0);
    expect(await followed(one, 1)).toEqual(["ada 1"]);
    await busy.query("COMMIT");
    expect(await other.journal.trim(100, 100)).toBe(1);
  });

  test("while somebody follows from a position of before: no line is missed in silence", async () => {
    const connectionString = await freshUrl();
    const [one, other] = [open({ connectionString }), open({ connectionString })];
    const ids = Array.from({ length: 300 }, (_, index) => `user ${String(index).padStart(3, "0")}`);
    await one.write(ids.map((userId) => withLine(insert(userId))));
    const [first] = await placed(one, 300);
    let isTrimmed = false;
    const trimmed = (async () => {
      while ((await other.journal.trim(100, 10)) > 0);
      isTrimmed = true;
    })();
    const answers: string[] = [];
    while (!isTrimmed) {
      const answer = await one.journal.follow(first?.position ?? "", 1).catch((error) => error);
      answers.push(answer.code ?? answer[0]?.subject);
    }
    await trimmed;
    expect(answers.filter((answer) => !["user 001", "position_trimmed"].includes(answer))).toEqual([]);
    await expectFailure(() => one.journal.follow(first?.position ?? "", 1), { code: "position_trimmed" });
  });
});

test("a position of another journal, which is ahead, is refused", async () => {
  const store = open({ connectionString: await freshUrl() });
  for (const position of ["2.1.1", "1.900000000000000000.1", "1.2", "999999999.1.1"])
    await expectFailure(() => store.journal.follow(position, 1), { code: "query_invalid" });
});

test("a write with large lines is sent in several statements", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  const body = JSON.stringify("x".repeat(3_500_000));
  const changes = ["a", "b", "c", "d"].map((userId) => withLine(insert(userId), body));
  expect(await store.write(changes)).toEqual([true, true, true, true]);
  const [result] = await execute(
    connectionString,
    "SELECT count(*)::int AS statements FROM usermeta_documents_writes",
  );
  expect(result?.rows).toEqual([{ statements: 2 }]);
  expect(await store.journal.read({ subject: "d", before: 9, limit: 9 })).toMatchObject([{ body }]);
});

test("a user whom another transaction has locked: the lines of the others are kept, and theirs not", async () => {
  const connectionString = await freshUrl();
  const store = open({ connectionString });
  await store.write(["ada", "bob"].map((userId) => insert(userId)));
  const other = await begin(connectionString);
  await other.query("SELECT FROM usermeta_documents WHERE user_id = 'ada' FOR UPDATE");
  const swaps = await store.write(
    ["ada", "bob", "eve"].map((id) => withLine(id === "eve" ? insert(id) : update(id))),
  );
  expect(swaps).toMatchObject([{ code: "store_busy" }, true, true]);
  await other.query("COMMIT");
  expect(await followed(store, 2)).toEqual(["bob 2", "eve 1"]);
});

test("who was erased is in no row of any table", async () => {
  const connectionString = await freshUrl();
  const metadata = createUserMetadata({ store: open({ connectionString }), history: {} });
  const notes = ["first", "second", "third"].map((note) => `marker-${note}`);
  for (const note of notes)
    for (const userId of ["ada@example.com", "bob@example.com"])
      await metadata.updateUserMetadata(userId, { privateMetadata: { note } }, { reason: note });
  const [names] = await execute(
    connectionString,
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const rows = async (): Promise<readonly string[]> => {
    const reads = names?.rows.map(({ name }) => `SELECT each::text AS row FROM ${name} AS each`) ?? [];
    return (await execute(connectionString, ...reads)).flatMap((read) => read.rows.map(({ row }) => row));
  };
  const ofAda = async () =>
    (await rows()).filter((row) => /ada@example|marker/.test(row) && !row.includes("bob@"));
  // The document, and a line for each version.
  expect(await ofAda()).toHaveLength(4);
  await metadata.eraseUserMetadata("ada@example.com", { reason: "asked for" });
  expect(await ofAda()).toEqual([]);
  expect((await rows()).filter((row) => row.includes("bob@"))).toHaveLength(4);
  await metadata.close();
});
