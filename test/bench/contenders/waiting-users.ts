/** Updates of many users in memory, of which so many wait at once. */
import { createUserMetadata, memoryStore } from "@usermeta/core";
import { answer } from "../child.ts";
import type { Sample } from "../harness.ts";
import { userId } from "../users.ts";

const USERS = 200_000;

const [waiting = "64"] = process.argv.slice(2);
const limits = { maxWaiting: USERS, maxWaitingBytes: 1e9, timeoutMs: 600_000 };

answer(async (): Promise<Sample> => {
  const metadata = createUserMetadata({ store: memoryStore(), limits });
  let next = 0;
  const start = performance.now();
  const caller = async (): Promise<void> => {
    while (next < USERS) {
      const user = next++;
      await metadata.updateUserMetadata(userId(user), { unsafeMetadata: { theme: "dark" } });
    }
  };
  await Promise.all(Array.from({ length: Number(waiting) }, caller));
  return { perSecond: (USERS * 1000) / (performance.now() - start), failures: [] };
});
