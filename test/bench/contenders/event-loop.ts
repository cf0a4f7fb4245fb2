/** Calls of the engine over SQLite, with or without a thread: how many a second, or how long they hold the event loop. */
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { sqliteStore } from "@usermeta/store-sqlite";
import { answer } from "../child.ts";
import { seeded } from "../engine.ts";
import type { Sample } from "../harness.ts";
import { settings, userId } from "../users.ts";

const USERS = 10_000;
/** How often the delay is looked at. A turn that is not late counts as this long, so it is taken off. */
const RESOLUTION_MS = 1;

const [folder = ".", thread = "", kind = "updates", callers = "64", unit = ""] = process.argv.slice(2);
const store = sqliteStore({
  path: join(folder, `thread-${process.pid}.db`),
  ...(thread !== "" && { thread: thread === "true" }),
});
const metadata = await seeded(folder, USERS, store);
let calls = 0;

const operation = (call: number): Promise<unknown> => {
  const id = userId(call % USERS);
  if (kind === "reads") return metadata.getUserMetadata(id);
  // Another value in each round, as an update that changes nothing is not written.
  return metadata.updateUserMetadata(id, { unsafeMetadata: settings(call + Math.floor(call / USERS)) });
};

answer(async ({ milliseconds }: { milliseconds: number }): Promise<Sample> => {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const first = calls;
  const start = performance.now();
  const caller = async (): Promise<void> => {
    while (performance.now() < start + milliseconds) await operation(calls++);
  };
  await Promise.all(Array.from({ length: Number(callers) }, caller));
  delay.disable();
  const perSecond = ((calls - first) * 1000) / (performance.now() - start);
  const lateUs = delay.percentile(99) / 1000 - RESOLUTION_MS * 1000;
  return { perSecond: unit === "µs" ? Math.max(lateUs, 1) : perSecond, failures: [] };
});
