import pg from "pg";
import { describe, expect, test } from "vitest";
import { postgresStore } from "../src/index.ts";
import { expectFailure } from "./harness.ts";

const connectionString = "postgres://nobody@127.0.0.1:1/none";

describe("options", () => {
  const typos: readonly [string, unknown][] = [
    ["none", undefined],
    ["neither pool nor connectionString", {}],
    ["both pool and connectionString", { connectionString, pool: new pg.Pool() }],
    ["an unknown name", { connectionString, tabel: "x" }],
    ["an empty connectionString", { connectionString: "" }],
    ["a timeout of 0", { connectionString, timeoutMs: 0 }],
    ["a timeout for the app's pool", { pool: new pg.Pool(), timeoutMs: 1 }],
    ["a client in the place of a pool", { pool: {} }],
    ["a table with a quote", { connectionString, table: 'x" (id int); --' }],
    ["a schema of 51 letters", { connectionString, schema: "x".repeat(51) }],
    ["an empty table", { connectionString, table: "" }],
    ["a tier that is not valid", { connectionString, search: ["publik"] }],
    ["search that is not a list", { connectionString, search: "public" }],
    ["prepare that is not a boolean", { connectionString, prepare: "yes" }],
  ];
  test.each(typos)("%s: options_invalid", async (_, options) => {
    await expectFailure(() => postgresStore(options as Parameters<typeof postgresStore>[0]), {
      code: "options_invalid",
      named: "postgresStore()",
    });
  });

  test("a typo does not compile", () => {
    // @ts-expect-error: the name is table
    expect(() => postgresStore({ connectionString, tabel: "x" })).toThrow("tabel");
    // @ts-expect-error: the tier is public
    expect(() => postgresStore({ connectionString, search: ["publik"] })).toThrow("tiers");
  });
});
