/** `usermeta serve` with the supertokens dialect, on a SQLite file. */
import { join } from "node:path";
import { createUserMetadata } from "@usermeta/core";
import { superTokensDialect } from "@usermeta/core/supertokens";
import { serve } from "@usermeta/server";
import { sqliteStore } from "@usermeta/store-sqlite";
import { LOCAL, listening } from "../child.ts";

const [folder = ".", key = ""] = process.argv.slice(2);
const metadata = createUserMetadata({
  store: sqliteStore({ path: join(folder, "usermeta-core.db") }),
  adminKeys: [key],
  dialects: [superTokensDialect()],
});
const { url } = await serve({ metadata, ...LOCAL });
listening(url);
