import { once } from "node:events";
import { createReadStream, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { MetadataDocument, Store } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Database, freshDatabase } from "../../../test/postgres/database.ts";
import { makePlace, type Place } from "./command.ts";

/** So many that their documents do not fit into the memory that the commands are given. */
const MANY = 100_000;
const SMALL_HEAP = ["--max-old-space-size=40"];

let place: Place;
let database: Database | undefined;
const stores: Store[] = [];

beforeEach(() => {
  place = makePlace();
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close?.();
  await place.remove();
  await database?.drop();
  database = undefined;
});

const openSqlite = (name: string): Store => {
  const store = sqliteStore({ path: join(place.folder, name) });
  stores.push(store);
  return store;
};

const idOf = (index: number): string => `user-${String(index).padStart(6, "0")}@example.com`;

const documentOf = (index: number): MetadataDocument => ({
  public: { plan: index % 2 === 0 ? "free" : "pro", note: `${"é😀".repeat(index % 40)}\n"quoted"` },
  private: { stripe: `cus_${index}`, nested: { at: [index, null, -0.5, "x".repeat(200)] } },
  unsafe: index % 3 === 0 ? {} : { theme: "dark" },
  claims: index % 2 === 0 ? ["plan"] : [],
  version: 1_700_000_000_000 + index,
  claimsVersion: 1_650_000_000_000 + index,
  createdAt: 1_600_000_000_000 + index,
  updatedAt: 1_700_000_000_000 + index,
});

const fill = async (store: Store, users: number): Promise<void> => {
  for (let from = 0; from < users; from += 1000) {
    const changes = Array.from({ length: Math.min(1000, users - from) }, (_, i) => ({
      userId: idOf(from + i),
      expected: 0,
      next: documentOf(from + i),
    }));
    await store.write(changes);
  }
};

/** Fails unless a store has just these documents. */
const expectFilled = async (store: Store, users: number): Promise<void> => {
  expect(await store.count?.()).toBe(users);
  for (let from = 0; from < users; from += 1000) {
    const indices = Array.from({ length: Math.min(1000, users - from) }, (_, i) => from + i);
    expect(await store.read(indices.map(idOf))).toEqual(indices.map(documentOf));
  }
};

const linesOf = (users: number): string =>
  Array.from({ length: users }, (_, index) => {
    const {
      public: publicMetadata,
      private: privateMetadata,
      unsafe: unsafeMetadata,
      ...rest
    } = documentOf(index);
    return `${JSON.stringify({ userId: idOf(index), publicMetadata, privateMetadata, unsafeMetadata, ...rest })}\n`;
  }).join("");

/** `usermeta export --store <from> | usermeta import --store <to>` */
const pipe = async (from: string, to: string): Promise<string> => {
  const out = place.spawn(["export", "--store", from], { nodeOptions: SMALL_HEAP });
  const into = place.spawn(["import", "--store", to], { nodeOptions: SMALL_HEAP });
  const told = { out: "", into: "" };
  for (const [name, { stderr }] of Object.entries({ out, into }) as ["out" | "into", typeof out][]) {
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      told[name] += text;
    });
  }
  const ended = Promise.all([once(out, "close"), once(into, "close")]);
  if (!out.stdout || !into.stdin) throw new Error("no pipes");
  await pipeline(out.stdout, into.stdin);
  const codes = (await ended).map(([code]) => code);
  expect([codes, told.out], told.into).toEqual([[0, 0], ""]);
  return told.into;
};

test("export | import takes every document from SQLite to PostgreSQL and back, in bounded memory", async () => {
  database = await freshDatabase();
  const [from, back] = [openSqlite("from.db"), openSqlite("back.db")];
  await fill(from, MANY);
  expect(await pipe("sqlite:from.db", database.url)).toBe(
    `${MANY} users: ${MANY} written, 0 there already, 0 newer in the store and kept, 0 without metadata, 0 refused.\n`,
  );
  await pipe(database.url, "sqlite:back.db");
  await expectFilled(back, MANY);
}, 240_000);

test("an import that was killed goes on when it is run again, and nothing is doubled or lost", async () => {
  const users = 20_000;
  writeFileSync(join(place.folder, "users.ndjson"), linesOf(users));
  const store = openSqlite("usermeta.db");
  const child = place.spawn(["import"]);
  // All but the end: it cannot have finished when it is killed.
  const start = createReadStream(join(place.folder, "users.ndjson"), { end: 2_000_000 });
  if (child.stdin)
    start.pipe(
      child.stdin.on("error", () => {}),
      { end: false },
    );
  // Lets go of the event loop, which feeds the command.
  while ((await store.count?.()) === 0) await nextTurn();
  child.kill("SIGKILL");
  await once(child, "close");
  const before = Number(await store.count?.());
  expect(before).toBeLessThan(users);
  const { code, stderr } = await place.run(["import", "users.ndjson"]);
  expect([code, stderr]).toEqual([
    0,
    `${users} users: ${users - before} written, ${before} there already, 0 newer in the store and kept, 0 without metadata, 0 refused.\n`,
  ]);
  await expectFilled(store, users);
});

test("an export to a file that was cut off goes on after its last whole line", async () => {
  const users = 1200;
  await fill(openSqlite("usermeta.db"), users);
  const path = join(place.folder, "users.ndjson");
  expect((await place.run(["export", "--output", "users.ndjson"])).code).toBe(0);
  expect(readFileSync(path, "utf8")).toBe(linesOf(users));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const size of [0, 10, Math.floor(statSync(path).size / 2), statSync(path).size]) {
    truncateSync(path, size);
    expect(await place.run(["export", "--output", "users.ndjson", "--resume"])).toMatchObject({ code: 0 });
    expect(readFileSync(path, "utf8")).toBe(linesOf(users));
  }
  const again = await place.run(["export", "--output", "users.ndjson"]);
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("--resume") });
});

test("a dry run judges everything and writes nothing", async () => {
  const store = openSqlite("usermeta.db");
  await fill(store, 2);
  const { code, stderr } = await place.run(["import", "--dry-run"], { input: linesOf(5) });
  expect([code, stderr]).toEqual([
    0,
    "5 users: 3 would be written, 2 there already, 0 newer in the store and kept, 0 without metadata, 0 refused.\n",
  ]);
  expect(await store.count?.()).toBe(2);
});

test("a dry run of a core's users tells each who does not fit, and its config's limits make room", async () => {
  const users = Array.from({ length: 25 }, (_, index) => ({
    userId: `user ${index}`,
    metadata: { about: "x".repeat(8_200) },
  }));
  const run = async (...args: readonly string[]) =>
    place.run(["import", "--from", "supertokens", ...args], { input: JSON.stringify({ users }) });
  const refused = await run("--dry-run", "--store", "memory:");
  expect(refused.code).toBe(1);
  for (const { userId } of users)
    expect(refused.stderr).toContain(`user "${userId}": The private metadata would take 8212 bytes`);
  const config = "export default { limits: { maxTierBytes: 65_536 } };";
  writeFileSync(join(place.folder, "usermeta.config.mjs"), config);
  expect(await run()).toMatchObject({ code: 0, stderr: expect.stringContaining("25 written") });
});

test("what is newer in the store stays, and what is older there is replaced", async () => {
  const store = openSqlite("usermeta.db");
  const newer = { ...documentOf(0), version: documentOf(0).version + 1, public: { newer: true } };
  const older = { ...documentOf(1), version: 5, public: { older: true } };
  await store.write([
    { userId: idOf(0), expected: 0, next: newer },
    { userId: idOf(1), expected: 0, next: older },
  ]);
  const { stderr } = await place.run(["import"], { input: linesOf(2) });
  expect(stderr).toBe(
    "2 users: 1 written, 0 there already, 1 newer in the store and kept, 0 without metadata, 0 refused.\n",
  );
  expect(await store.read([idOf(0), idOf(1)])).toEqual([newer, documentOf(1)]);
});

const recordWith = (change: object): string =>
  JSON.stringify({ ...JSON.parse(linesOf(1)), userId: "bad", ...change });

const REFUSED: readonly (readonly [line: string, code: string])[] = [
  [linesOf(1).slice(0, 50), "json_invalid"],
  ["[]", "json_not_object"],
  [recordWith({ publicMetaData: {} }), "parameter_unknown"],
  [recordWith({ version: undefined }), "json_value_refused"],
  [recordWith({ version: 1.5 }), "json_value_refused"],
  [recordWith({ unsafeMetadata: { n: 0 } }).replace('"n":0', '"n":9007199254740993'), "json_value_refused"],
  [recordWith({ unsafeMetadata: [] }), "json_not_object"],
  [recordWith({ privateMetadata: { long: "x".repeat(9000) } }), "tier_too_large"],
  [recordWith({ claims: ["nothing"] }), "claim_key_unknown"],
  [recordWith({ userId: "" }), "user_id_invalid"],
  [recordWith({}).replace('"plan"', '"__proto__"'), "json_value_refused"],
];

test("lines that are refused are told by their number and code, and the others are stored", async () => {
  const store = openSqlite("usermeta.db");
  const [first, second] = linesOf(2).split("\n");
  const input = [first, "", ...REFUSED.map(([line]) => line), second, ""].join("\n");
  const { code, stderr } = await place.run(["import"], { input });
  expect(code).toBe(1);
  const told = stderr.trimEnd().split("\n");
  expect(told.slice(0, -1).map((line) => /^(entry \d+): .+ \((\w+)\)$/.exec(line)?.slice(1))).toEqual(
    REFUSED.map(([, refusal], index) => [`entry ${index + 3}`, refusal]),
  );
  // Whoever imports may read all of it.
  expect(stderr).toMatch(/would take 90\d\d bytes; the limit is 8192/);
  expect(told.at(-1)).toMatch(
    new RegExp(`^${REFUSED.length + 2} users: 2 written, .*, ${REFUSED.length} refused\\.$`),
  );
  expect(await store.count?.()).toBe(2);
  expect(await store.read([idOf(0), idOf(1)])).toEqual([documentOf(0), documentOf(1)]);
});

test("of two lines of one user the newer counts, whatever their order", async () => {
  const store = openSqlite("usermeta.db");
  const [line = ""] = linesOf(1).split("\n");
  const older = line.replace('"version":1700000000000', '"version":7');
  const { stderr } = await place.run(["import"], { input: `${older}\n${line}\n${older}\n${line}\n` });
  expect(stderr).toMatch(/^4 users: 1 written, 1 there already, 2 newer in the store and kept,/);
  expect(await store.read([idOf(0)])).toEqual([documentOf(0)]);
});

test.each([
  [["import", "nowhere.ndjson"], "There is no file nowhere.ndjson"],
  [["import", "https://api.test"], "--from"],
  [
    ["import", "--from", "okta", "users.json"],
    "clerk, supertokens, auth0, supabase, firebase, cognito, keycloak, better-auth",
  ],
  [["import", "--from", "clerk", "https://127.0.0.1:1"], "USERMETA_SOURCE_KEY is not set"],
  [["export", "--resume"], "--output"],
])("%j says what to give", async (args, told) => {
  const { code, stderr } = await place.run(args);
  expect(code).toBe(1);
  expect(stderr).toContain(told);
});

/** An export with a line that is ISO 8859-1, of which each line is one user. */
const withLatin1 = (): Buffer => {
  const [first = "", second = "", third = ""] = linesOf(3).split("\n");
  return Buffer.concat([
    Buffer.from(`${first}\n`),
    Buffer.from(second.replaceAll(/[^\x20-\x7e]+/g, "\u00e9"), "latin1"),
    Buffer.from(`\n${third}\n`),
  ]);
};

test("a line that is not UTF-8 is refused by its number, and those after it are stored", async () => {
  writeFileSync(join(place.folder, "users.ndjson"), withLatin1());
  const { code, stderr } = await place.run(["import", "users.ndjson"]);
  expect(code).toBe(1);
  expect(stderr).toContain(`entry 2: user "${idOf(1)}": It is not UTF-8`);
  expect(stderr).toContain("3 users: 2 written,");
  expect(await openSqlite("usermeta.db").read([idOf(0), idOf(1), idOf(2)])).toEqual([
    documentOf(0),
    undefined,
    documentOf(2),
  ]);
});

test.each<[name: string, content: Buffer]>([
  ["gzip", gzipSync(linesOf(3))],
  [
    "gzip of several members",
    Buffer.concat(
      linesOf(3)
        .split(/(?<=\n)/)
        .map((line) => gzipSync(line)),
    ),
  ],
  ["a byte order mark", Buffer.from(`\ufeff${linesOf(3)}`)],
  ["gzip of a text with a byte order mark", gzipSync(`\ufeff${linesOf(3)}`)],
])("%s is read as what is in it", async (_, content) => {
  writeFileSync(join(place.folder, "users.export"), content);
  const { code, stderr } = await place.run(["import", "users.export"]);
  expect(code, stderr).toBe(0);
  await expectFilled(openSqlite("usermeta.db"), 3);
});

test("gzip that is cut off is told, and is a failure", async () => {
  writeFileSync(join(place.folder, "users.gz"), gzipSync(linesOf(3)).subarray(0, 60));
  const { code, stderr } = await place.run(["import", "users.gz"]);
  expect([code, stderr]).toEqual([1, expect.stringContaining("users.gz is gzip that is damaged or cut off")]);
});

test("a document that cannot be read has a line in the export, which an import refuses by its number", async () => {
  const store = openSqlite("a.db");
  await fill(store, 3);
  const other = new DatabaseSync(join(place.folder, "a.db"));
  other.prepare("UPDATE usermeta_documents SET private_metadata = '{' WHERE user_id = ?").run(idOf(1));
  other.close();
  const { stdout } = await place.run(["export", "--store", "sqlite:a.db"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  expect(JSON.parse(lines[1] ?? "")).toEqual({ userId: idOf(1), error: "document_corrupt" });
  writeFileSync(join(place.folder, "out.ndjson"), stdout);
  const imported = await place.run(["import", "out.ndjson", "--store", "sqlite:b.db"]);
  expect(imported.stderr).toMatch(/^entry 2: user "user-000001@example\.com"/);
  expect(await openSqlite("b.db").count?.()).toBe(2);
});

test("a user whose stored document cannot be read is told and stays; the others of the import are stored", async () => {
  await fill(openSqlite("a.db"), 1);
  const other = new DatabaseSync(join(place.folder, "a.db"));
  other.exec("UPDATE usermeta_documents SET private_metadata = '{'");
  const imported = await place.run(["import", "--store", "sqlite:a.db"], { input: linesOf(3) });
  expect(imported.code).toBe(1);
  expect(imported.stderr).toMatch(/^user "user-000000@example\.com": .*\(document_corrupt\)$/m);
  expect(imported.stderr).toContain("3 users: 2 written, 0 there already, 0 newer in the store and kept");
  expect(other.prepare("SELECT private_metadata FROM usermeta_documents ORDER BY user_id").get()).toEqual({
    private_metadata: "{",
  });
  other.close();
});
