/** What an app would write without this package: one table, and one transaction for each update. */
import { DatabaseSync } from "node:sqlite";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { AUDIENCE, ISSUER } from "./users.ts";

/** Metadata by user, read and shallowly merged. */
export interface ByHand {
  read(userId: string): object;
  update(userId: string, patch: object): object;
}

export function metadataByHand(path: string): ByHand {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE user_metadata (user_id TEXT PRIMARY KEY, metadata TEXT NOT NULL) STRICT");
  const begin = database.prepare("BEGIN IMMEDIATE");
  const commit = database.prepare("COMMIT");
  const rollback = database.prepare("ROLLBACK");
  const select = database.prepare("SELECT metadata FROM user_metadata WHERE user_id = ?");
  const upsert = database.prepare(
    "INSERT INTO user_metadata VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET metadata = excluded.metadata",
  );
  const read = (userId: string): object => JSON.parse(String(select.get(userId)?.metadata ?? "{}"));
  return {
    read,
    update: (userId, patch) => {
      begin.run();
      try {
        const metadata = { ...read(userId), ...patch };
        upsert.run(userId, JSON.stringify(metadata));
        commit.run();
        return metadata;
      } catch (error) {
        rollback.run();
        throw error;
      }
    },
  };
}

/** The user id of a bearer token, verified anew each time. */
export function verifyByHand(jwks: JSONWebKeySet): (token: string) => Promise<string> {
  const keys = createLocalJWKSet(jwks);
  const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: ["ES256"] };
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, rules);
    if (payload.sub === undefined) throw new Error("A token without a subject.");
    return payload.sub;
  };
}
