import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUserMetadata, memoryStore } from "@usermeta/core";
import { serve } from "@usermeta/server";
import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { createProgress } from "../src/transfer/progress.ts";
import { makePlace } from "./command.ts";

/** What a terminal of a width is written, or anything else. */
const streamTo = (columns: number | undefined) => {
  const written: string[] = [];
  const write = (text: string): boolean => written.push(text) > 0;
  const stream = { isTTY: columns !== undefined, columns, write } as unknown as NodeJS.WriteStream;
  return { stream, written };
};

const shownOn = (columns: number | undefined): readonly string[] => {
  const { stream, written } = streamTo(columns);
  const progress = createProgress(stream);
  progress.show("123456789 users", 0, 60);
  progress.show("123456789 users", 30, 60);
  progress.clear();
  return written;
};

/** Without what moves the cursor. */
const visible = (written: readonly string[]): readonly string[] => {
  const texts = written.filter((text) => !text.startsWith("\u001b"));
  return texts;
};

test("a terminal is shown a bar, which is taken away; anything else is shown nothing", () => {
  const written = shownOn(80);
  expect(visible(written).at(-1)).toBe("[###############---------------] 50 % 123456789 users");
  expect(written.at(-1)).toBe("\u001b[2K");
  expect(shownOn(undefined)).toEqual([]);
});

test.each([200, 80, 50, 40, 34, 20, 8])("a bar fits a terminal of %d columns", (columns) => {
  const lines = visible(shownOn(columns));
  expect(lines.length).toBeGreaterThan(0);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  if (columns >= 34) expect(lines.at(-1)).toContain("50 % 123456789 users");
});

test("whoever has read enough of an export may go away", async () => {
  const place = makePlace();
  const line = (index: number) =>
    `{"userId":"user-${index}","publicMetadata":{"x":"${"x".repeat(1000)}"},"privateMetadata":{},"unsafeMetadata":{},"claims":[],"version":1,"createdAt":0,"updatedAt":0}\n`;
  writeFileSync(
    join(place.folder, "users.ndjson"),
    Array.from({ length: 3000 }, (_, index) => line(index)).join(""),
  );
  await place.run(["import", "users.ndjson"]);
  const child = place.spawn(["export"]);
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdout?.once("data", () => child.stdout?.destroy());
  expect([await ended, stderr]).toEqual([0, ""]);
  await place.remove();
});

test("an engine with schemas is served as it is", async () => {
  const schemas = { unsafe: z.object({ theme: z.string() }).partial() };
  const metadata = createUserMetadata({ store: memoryStore(), schemas });
  const { url, stop } = await serve({ metadata, port: 0, log: pino({ level: "silent" }) });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await stop();
});
