/** What a runtime is told whose `node:sqlite` is missing or old; and that it needs none with a connection of the app. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = (code: string, ...flags: readonly string[]): Promise<string> =>
  promisify(execFile)(process.execPath, [...flags, "--input-type=module", "-e", code], {
    cwd: import.meta.dirname,
  }).then(({ stdout }) => stdout.trim());

const OPEN = `
import { sqliteStore } from "@usermeta/store-sqlite";
try {
  sqliteStore({ path: ":memory:" });
} catch ({ code, message }) {
  console.log(code, message);
}`;
const OLD = 'Object.defineProperty(process.versions, "node", { value: "22.12.0" });';
const ADOPT = `
import Database from "better-sqlite3";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
const metadata = createUserMetadata({ store: sqliteStore({ database: new Database(":memory:") }) });
await metadata.updateUserMetadata("jane", { publicMetadata: { plan: "pro" } });
console.log((await metadata.getUserMetadata("jane")).publicMetadata.plan);`;

const told = (version: string): string =>
  `store_unavailable SQLite database ":memory:": this process, Node ${version}, has no node:sqlite that it can use. ` +
  "Run Node 22.13 or later with its SQLite, or give the store an open connection of better-sqlite3: sqliteStore({ database }).";

test("a runtime without node:sqlite is told its version and the alternative", async () => {
  expect(await run(OPEN, "--no-experimental-sqlite")).toBe(told(process.versions.node));
});

test("so is one whose node:sqlite is old", async () => {
  expect(await run(OLD + OPEN)).toBe(told("22.12.0"));
});

test("without node:sqlite, a connection of better-sqlite3 serves", async () => {
  expect(await run(ADOPT, "--no-experimental-sqlite")).toBe("pro");
});
