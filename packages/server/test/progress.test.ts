import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUserMetadata, memoryStore } from "@usermeta/core";
import { serve } from "@usermeta/server";
import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { createProgress } from "../src/transfer/progress.ts";
import { makePlace } from "./command.ts";

const streamTo = (written: string[], isTTY: boolean): NodeJS.WriteStream =>
  ({ isTTY, write: (text: string) => written.push(text) > 0 }) as unknown as NodeJS.WriteStream;

test("a terminal is shown a bar, which is taken away; anything else is shown nothing", () => {
  const written: string[] = [];
  const bar = createProgress(streamTo(written, true));
  bar.show("30 users", 30, 60);
  bar.clear();
  expect(written).toEqual(["\r\u001b[K[###############---------------] 50 % 30 users", "\r\u001b[K"]);
  const nothing: string[] = [];
  const none = createProgress(streamTo(nothing, false));
  none.show("30 users", 30, 60);
  none.clear();
  expect(nothing).toEqual([]);
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
