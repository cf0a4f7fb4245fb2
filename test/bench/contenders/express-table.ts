/** Our routes on Express, over a table of PostgreSQL that may have a million users. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createUserMetadata, jwtSessions } from "@usermeta/core";
import { userMetadata } from "@usermeta/express";
import { postgresStore } from "@usermeta/store-postgres";
import express from "express";
import { SignJWT } from "jose";
import pg from "pg";
import { serve } from "../child.ts";
import { freshDatabase } from "../fresh-database.ts";
import { AUDIENCE, ISSUER, userId } from "../users.ts";
import { fill, OURS } from "./fill.ts";

/** Users who are there at once, evenly spread over the table; a process remembers the tokens of 10,000. */
const MAX_ACTIVE = 8192;

/** The last: a file, in the folder of the run, to leave the headers of the active users in. */
const [folder = ".", url = "", count = "0", file = ""] = process.argv.slice(2);
const users = Number(count);
const active = Math.min(users, MAX_ACTIVE);
const secret = randomBytes(32);

const sign = (_: unknown, index: number): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(userId(Math.floor((index * users) / active)))
    .setExpirationTime("1h")
    .sign(secret);
const tokens = await Promise.all(Array.from({ length: active }, sign));
const headers = tokens.map((token) => ({ authorization: `Bearer ${token}` }));
writeFileSync(join(folder, file), JSON.stringify(headers));

const connectionString = await freshDatabase(url);
const pool = new pg.Pool({ connectionString });
const store = postgresStore({ pool });
await store.migrate();
await fill(pool, "usermeta_documents", users, OURS);

const sessions = jwtSessions({ issuer: ISSUER, audience: AUDIENCE, secret });
const app = express();
app.use(userMetadata(createUserMetadata({ store, sessions })));
serve(app);
