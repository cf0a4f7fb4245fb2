/** Updates and reads on PostgreSQL at 64 callers, of documents of one size. */
import { createUserMetadata } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { answerMeasurements } from "../child.ts";
import { freshDatabase } from "../fresh-database.ts";
import { userId } from "../users.ts";

const USERS = 1000;
/** Keys, quotes, braces and the largest counter. */
const FRAME_BYTES = 40;

const [url = "", operation = "", bytes = "0"] = process.argv.slice(2);
const metadata = createUserMetadata({
  store: postgresStore({ connectionString: await freshDatabase(url) }),
});
const text = "x".repeat(Number(bytes) - FRAME_BYTES);
await Promise.all(
  Array.from({ length: USERS }, (_, index) =>
    metadata.updateUserMetadata(userId(index), { unsafeMetadata: { text, count: 0 } }),
  ),
);

const update = (call: number): Promise<unknown> =>
  metadata.updateUserMetadata(userId(call % USERS), { unsafeMetadata: { count: call } });

async function read(call: number): Promise<void> {
  const { unsafeMetadata } = await metadata.getUserMetadata(userId(call % USERS));
  if (unsafeMetadata.text !== text) throw new Error("Not what was written.");
}

answerMeasurements(64, operation === "updates" ? update : read);
