import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ServerConfig } from "../src/config/config.ts";
import { toHistory } from "../src/config/history.ts";
import { makePlace, type Place } from "./command.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});
afterEach(() => place.remove());

const WHOLE = { keepDays: 30, maxEntries: 5, tiers: ["public"] } as const;

test.each<[ServerConfig, ReturnType<typeof toHistory>]>([
  [{}, undefined],
  [{ history: false }, undefined],
  [{ history: false, historyDays: 7 }, undefined],
  [{ history: true }, {}],
  [
    { history: true, historyDays: 7, historyEntries: 9 },
    { keepDays: 7, maxEntries: 9 },
  ],
  [{ history: WHOLE }, WHOLE],
  [
    { history: WHOLE, historyDays: 7 },
    { ...WHOLE, keepDays: 7 },
  ],
])("%j", (config, expected) => {
  expect(toHistory(config)).toEqual(expected);
});

/** How old what the server trims is, in days: it says so when it first trims. */
const trimmedDays = async (args: readonly string[], env: Record<string, string> = {}): Promise<number> => {
  const { child, stop } = await place.serve(["--port", "0", ...args], { env });
  const told = new Promise<string>((resolve) => {
    let text = "";
    child.stderr?.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\n")) resolve(text);
    });
  });
  const before = Number.parseInt(await told, 10);
  await stop();
  return Math.round((Date.now() - before) / 86_400_000);
};

test("the config file, the variables and the flags turn it on, and say for how long", async () => {
  const config = (history: string): Promise<void> =>
    writeFile(
      join(place.folder, "usermeta.config.js"),
      `import { memoryStore } from ${JSON.stringify(import.meta.resolve("@usermeta/core"))};
       const memory = memoryStore();
       const trim = async (before) => { process.stderr.write(before + "\\n"); return 200; };
       export default { store: { ...memory, journal: { ...memory.journal, trim } }, ${history} };`,
    );
  await config("");
  expect(await trimmedDays(["--history"])).toBe(90);
  expect(await trimmedDays([], { USERMETA_HISTORY: "on", USERMETA_HISTORY_DAYS: "7" })).toBe(7);
  await config("history: { keepDays: 30 }");
  expect(await trimmedDays([])).toBe(30);
  expect(await trimmedDays(["--history"])).toBe(30);
  expect(await trimmedDays(["--history-days", "8"], { USERMETA_HISTORY_DAYS: "7" })).toBe(8);
});
