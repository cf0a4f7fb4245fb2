/** A development core whose metadata is in a SQLite file, and a session of it for each user. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUserMetadata } from "@usermeta/core";
import { sqliteStore } from "@usermeta/store-sqlite";
import { startDevCore } from "@usermeta/supertokens/dev-core";
import { convertToRecipeUserId } from "supertokens-node";
import { createNewSessionWithoutRequestResponse } from "supertokens-node/recipe/session";
import { listening } from "../child.ts";
import { initSuperTokens } from "../supertokens.ts";
import { readUsers, userId } from "../users.ts";

const [folder = ".", sessions = ""] = process.argv.slice(2);
const store = sqliteStore({ path: join(folder, "supertokens-core.db") });
const { url } = await startDevCore({ port: 0, metadata: createUserMetadata({ store }) });
initSuperTokens(url);

const signIn = async (index: number): Promise<Readonly<Record<string, string>>> => {
  const user = convertToRecipeUserId(userId(index));
  const session = await createNewSessionWithoutRequestResponse("public", user);
  return { authorization: `Bearer ${session.getAccessToken()}` };
};
const headers = await Promise.all(readUsers(folder).tokens.map((_, index) => signIn(index)));
writeFileSync(join(folder, sessions), JSON.stringify(headers));
listening(url);
