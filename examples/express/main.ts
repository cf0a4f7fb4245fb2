import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { UserMetadataError } from "@usermeta/core";
import { buildApp } from "./app.ts";
import { serve } from "./serve.ts";

const { PORT = "3000", USERMETA_ADMIN_KEY, USERMETA_DB, DATABASE_URL } = process.env;
const path = USERMETA_DB ?? join(import.meta.dirname, "usermeta-example.db");
const adminKey = USERMETA_ADMIN_KEY ?? randomBytes(24).toString("base64url");

try {
  const example = buildApp({ path, databaseUrl: DATABASE_URL, adminKey });
  // A database that cannot be reached is told now, not to the first user.
  await example.metadata.find({ limit: 1 });
  const url = await serve({ ...example, port: PORT });
  const json = "-H 'Content-Type: application/json'";
  const token = `$(curl -s ${url}/dev/sign-in ${json} -d '{"userId":"jane"}' | cut -d '"' -f 4)`;
  console.log(`usermeta example listening on ${url}`);
  console.log(
    `admin key: ${USERMETA_ADMIN_KEY ? "the one from the environment, USERMETA_ADMIN_KEY" : adminKey}`,
  );
  console.log("try it in another terminal, as the user jane:");
  console.log(
    `curl -s ${url}/updateinfo -H "Authorization: Bearer ${token}" ${json} -d '{"theme":"dark"}' -w '\\n'`,
  );
} catch (error) {
  const { message } = error as Error;
  const refused = UserMetadataError.is(error) && error.code === "options_invalid";
  console.error(refused ? `${message} (adminKeys[0] is USERMETA_ADMIN_KEY, path is USERMETA_DB.)` : message);
  process.exitCode = 1;
}
