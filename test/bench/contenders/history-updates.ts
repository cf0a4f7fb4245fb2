/** Updates at 64 callers of users who have settings, with a history or without one. */
import { join } from "node:path";
import { createUserMetadata, memoryStore, type Store } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import { sqliteStore } from "@usermeta/store-sqlite";
import { answerMeasurements } from "../child.ts";
import { freshDatabase } from "../fresh-database.ts";
import { settings, userId } from "../users.ts";

const USERS = 10_000;

const [place = "", kind = ""] = process.argv.slice(2);

const open = async (): Promise<Store> => {
  if (place === "memory") return memoryStore();
  if (place.startsWith("postgres")) return postgresStore({ connectionString: await freshDatabase(place) });
  return sqliteStore({ path: join(place, `history-${process.pid}.db`) });
};

const metadata = createUserMetadata({ store: await open(), ...(kind === "history" && { history: {} }) });
await Promise.all(
  Array.from({ length: USERS }, (_, index) =>
    metadata.updateUserMetadata(userId(index), { unsafeMetadata: settings(index) }),
  ),
);

answerMeasurements(64, (call) =>
  metadata.updateUserMetadata(userId(call % USERS), { unsafeMetadata: settings(call) }),
);
