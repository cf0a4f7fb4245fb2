import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createUserMetadata, memoryStore, type WholeEntry } from "@usermeta/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keyFinder, toAdminKeys } from "../src/config/admin-keys.ts";
import { BACKENDS } from "./backends.ts";
import { makePlace, type Place } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 12);

/** By the names that the history calls them. */
const KEYS = {
  "support.team-1": "a-key-in-the-file: named",
  [digestOf("a-key-in-the-file:bare")]: "a-key-in-the-file:bare",
  billing: "a-key-of-the-variable",
} as const;

test.each(BACKENDS)("the history in $title calls each key by its name", async ({ env }) => {
  const [named = "", bare, variable] = Object.values(KEYS);
  await writeFile(join(place.folder, "keys"), `# since May\nsupport.team-1: ${named}\n\n${bare}\n`);
  const { url } = await place.serve(["--port", "0", "--history", "--admin-rate-limit", "3/60s"], {
    env: {
      ...env("usermeta"),
      USERMETA_ADMIN_KEY_FILE: "keys",
      USERMETA_ADMIN_KEY: `billing: ${variable}`,
    },
  });
  const ask = (key: string, path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${key}` } });
  const patch = { method: "PATCH", headers: { "content-type": "application/merge-patch+json" } };
  for (const [name, key] of Object.entries(KEYS)) {
    const body = JSON.stringify({ publicMetadata: { by: name } });
    expect((await ask(key, "/users/jane/metadata", { ...patch, body })).status).toBe(200);
    // Each key is counted by itself, and each of them reads the metrics.
    expect((await ask(key, "/metrics")).status).toBe(200);
  }
  expect((await ask(`support.team-1: ${named}`, "/users/jane/history")).status).toBe(401);
  const { entries } = (await (await ask(named, "/users/jane/history")).json()) as { entries: WholeEntry[] };
  expect(entries.reverse().map(({ by }) => by)).toEqual(
    Object.keys(KEYS).map((id) => ({ kind: "admin", id, via: "native" })),
  );
});

const refusal = async (keys: string, env: Record<string, string> = {}): Promise<string> => {
  await writeFile(join(place.folder, "keys"), keys);
  const { code, stdout, stderr } = await place.run(["serve", "--port", "0", "--admin-key-file", "keys"], {
    env,
  });
  expect([code, stdout]).toEqual([1, ""]);
  return stderr;
};

test("a key or a name that is given twice is refused by its place, and the key is not told", async () => {
  const key = "0123456789abcdef";
  const told = [
    await refusal(`a: ${key}\nb: ${key}\n`),
    await refusal(`a: ${key}\na: fedcba9876543210\n`),
    await refusal(`${key}\n`, { USERMETA_ADMIN_KEY: key }),
    await refusal(`${digestOf(key)}: fedcba9876543210\n${key}\n`),
    await refusal("a: short\n"),
  ];
  expect(told.map((text) => text.replace(/^usermeta: |\n$/g, ""))).toEqual([
    "keys, line 2, has the same key as keys, line 1; give each key once. (options_invalid)",
    "keys, line 2, has the same name as keys, line 1; give each name once. (options_invalid)",
    "USERMETA_ADMIN_KEY has the same key as keys, line 1; give each key once. (options_invalid)",
    "keys, line 2, has the same name as keys, line 1; give each name once. (options_invalid)",
    "keys, line 1, is too short; give a random string of at least 16 characters. (options_invalid)",
  ]);
});

test("the config gives keys by name or as a list, beside the variable", () => {
  const variable = { USERMETA_ADMIN_KEY: "a-key-without-a-name" };
  expect(toAdminKeys({ adminKeys: { ops: "a-key-of-the-config" } }, variable)).toEqual({
    ops: "a-key-of-the-config",
    [digestOf("a-key-without-a-name")]: "a-key-without-a-name",
  });
  expect(toAdminKeys({ adminKeys: ["a-key-of-the-config"] }, {})).toEqual({
    [digestOf("a-key-of-the-config")]: "a-key-of-the-config",
  });
});

test("a key is found by the place at which the engine finds it", async () => {
  const adminKeys = { b: "the-first-that-is-written", 1: "the-first-of-the-object" };
  const metadata = createUserMetadata({ store: memoryStore(), adminKeys });
  for (const key of Object.values(adminKeys)) {
    const places: unknown[] = [];
    const headers = new Map([["authorization", `Bearer ${key}`]]);
    await metadata.handle({
      method: "GET",
      path: "/users/jane/metadata",
      query: "",
      header: (name) => headers.get(name),
      body: async () => "",
      admit: (caller) => void places.push(caller),
    });
    expect(places).toEqual([{ adminKey: keyFinder(adminKeys)(`Bearer ${key}`) }]);
  }
});
