import { PassThrough } from "node:stream";
import { UserMetadataError } from "@usermeta/core";
import { expect, test } from "vitest";
import { createLog, readable } from "../src/serving/log.ts";

/** What a stream is written, which is a terminal or is not. */
const streamOf = (isTTY: boolean) => {
  const stream = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream & PassThrough;
  return { stream, text: () => String(stream.read() ?? "") };
};

test("a terminal is shown lines that people read", async () => {
  const { stream, text } = streamOf(true);
  const log = createLog("info", await readable(stream));
  log.info({ url: "http://127.0.0.1:4000" }, "listening");
  log.error({ err: new UserMetadataError("store_busy", "The store is busy.") }, "failed");
  const shown = text();
  expect(shown).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: listening \{"url":"http:\/\/127\.0\.0\.1:4000"\}$/m);
  expect(shown).toContain("ERROR: failed");
  expect(shown).toContain("store_busy");
});

test("what a caller sends does not move the cursor of the terminal", async () => {
  const { stream, text } = streamOf(true);
  createLog("info", await readable(stream)).info({ userAgent: "\u001b[2Jgone\nline" }, "request");
  const shown = text();
  expect(shown).not.toContain("\u001b");
  expect(shown).not.toContain("gone\nline");
});

test("a pipe gets no other form than JSON", async () => {
  const { stream, text } = streamOf(false);
  expect(await readable(stream)).toBeUndefined();
  createLog("info", stream).info("listening");
  expect(JSON.parse(text())).toMatchObject({ level: "info", msg: "listening" });
});
