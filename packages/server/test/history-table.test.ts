import type { WholeEntry } from "@usermeta/core";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { toTable } from "../src/commands/history-table.ts";

const entryOf = (entry: Partial<WholeEntry>): WholeEntry => ({
  action: "update",
  version: 1_796_096_208_211,
  previous: 0,
  at: Date.UTC(2026, 10, 30, 23, 59, 58),
  by: { kind: "admin", id: "ops", via: "cli" },
  reason: undefined,
  restored: undefined,
  changes: [],
  ...entry,
});

const tableOf = async (columns: number, ...entries: readonly WholeEntry[]): Promise<readonly string[]> => {
  const list = async function* () {
    yield* entries;
  };
  return (await Array.fromAsync(toTable(list(), columns))).join("").split("\n").slice(0, -1);
};

const ENTRIES: readonly WholeEntry[] = [
  entryOf({
    changes: [
      { op: "add", path: "/publicMetadata/plan", value: "pro" },
      { op: "replace", path: "/unsafeMetadata/theme/dark", value: true, was: false },
      { op: "remove", path: "/privateMetadata/stripe", was: "cus_1" },
      { op: "add", path: "/claims/0", value: "plan" },
    ],
    reason: "ticket 7",
  }),
  entryOf({
    action: "rollback",
    restored: 1_796_096_208_000,
    by: { kind: "user", id: "jane", via: "native" },
  }),
  entryOf({ action: "clear" }),
];

test("each write is a line: when, which version, who, by what, what changed and why", async () => {
  expect(await tableOf(200, ...ENTRIES)).toEqual([
    "TIME (UTC)           VERSION        WHO        VIA     CHANGED                                                       REASON",
    "2026-11-30 23:59:58  1796096208211  admin ops  cli     +public/plan, ~unsafe/theme/dark, -private/stripe, +claims/0  ticket 7",
    "2026-11-30 23:59:58  1796096208211  user jane  native  rollback to 1796096208000",
    "2026-11-30 23:59:58  1796096208211  admin ops  cli     clear",
  ]);
});

test.each([20, 40, 60, 80, 120])("no line is wider than a terminal of %i columns", async (columns) => {
  const wide = entryOf({
    by: { kind: "user", id: "日本語".repeat(40), via: "supertokens" },
    reason: "👩‍👩‍👧 because ".repeat(20),
    changes: ENTRIES[0]?.changes ?? [],
  });
  const lines = await tableOf(columns, ...ENTRIES, wide);
  expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
  if (columns < 80) return;
  // A version is typed again, so it is never cut.
  expect(lines.slice(1).every((line) => line.includes("2026-11-30 23:59:58  1796096208211"))).toBe(true);
});

test("nothing that a key, an id or a reason holds reaches the terminal as a command", async () => {
  const text = "\u001b[31m\u009b2J\u202e\n\u2028";
  const table = await tableOf(
    500,
    entryOf({
      by: { kind: "user", id: text, via: "native" },
      reason: text,
      changes: [{ op: "add", path: `/publicMetadata/${text}`, value: 1 }],
    }),
  );
  expect(table.join("")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(table[1]).toContain(String.raw`public/\u{1b}[31m\u{9b}2J\u{202e}\u{a}\u{2028}`);
});
