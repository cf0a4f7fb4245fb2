import { randomUUID } from "node:crypto";
import {
  type Change,
  createUserMetadata,
  type ErrorCode,
  type Store,
  UserMetadataError,
} from "@usermeta/core";
import pg from "pg";
import { expect, onTestFinished } from "vitest";
import { documentsIn, insert } from "../../../test/insert.ts";
import { execute, freshDatabase } from "../../../test/postgres/database.ts";
import { columnsOf, encode, lineColumnsOf } from "../src/changes.ts";
import { type PostgresStore, type PostgresStoreOptions, postgresStore } from "../src/index.ts";
import { recordStatement } from "../src/journal-tables.ts";
import { tablesOf } from "../src/tables.ts";
import { type Answer, writeStatement } from "../src/write-function.ts";

export { documentsIn, insert };

/** The address of a database of its own, which is gone after the test. */
export const freshUrl = async (): Promise<string> => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  return database.url;
};

/** The address with a setting of the session, as in `statement_timeout=50`. */
export const withSetting = (url: string, setting: string): string => {
  const address = new URL(url);
  address.searchParams.set("options", `-c ${setting}`);
  return address.href;
};

/** The address with a name for the connections that it leads to. */
export const withName = (url: string, name: string): string => {
  const address = new URL(url);
  address.searchParams.set("application_name", name);
  return address.href;
};

/** Ends the one connection that has a name, and waits until it has ended. */
export const endConnection = async (url: string, name: string): Promise<void> => {
  const [result] = await execute(
    url,
    `SELECT pg_terminate_backend(pid, 5000) AS ended FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = '${name}'`,
  );
  expect(result?.rows).toEqual([{ ended: true }]);
};

/** A pool as of an app that does not listen to its errors; it is ended after the test. */
export const poolOn = (options: pg.PoolConfig): pg.Pool => {
  const pool = new pg.Pool(options);
  onTestFinished(() => {
    // The database is dropped while the last connections are being closed.
    pool.on("error", () => undefined);
    return pool.end();
  });
  return pool;
};

/** A store that is closed after the test. */
export const open = (options: PostgresStoreOptions): PostgresStore => {
  const store = postgresStore(options);
  onTestFinished(() => store.close());
  return store;
};

/** A change that removes a document. */
export const remove = (userId: string, version: number): Change => ({
  userId,
  expected: version,
  next: null,
});

/** A connection of somebody else's. */
export const connectTo = async (connectionString: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
};

/** A connection of somebody else's, in a transaction. */
export const begin = async (connectionString: string): Promise<pg.Client> => {
  const client = await connectTo(connectionString);
  await client.query("BEGIN");
  return client;
};

/** Writes over a connection, whose transaction it does not end, and waits for locks. */
export const writeOver = async (client: pg.Client, ...changes: readonly Change[]): Promise<Answer> => {
  const text = writeStatement(tablesOf("public", "usermeta_documents").write);
  const values = [...columnsOf(changes.map(encode)), randomUUID(), 60_000];
  return (await client.query({ text, values, rowMode: "array" })).rows[0]?.[0];
};

/** As `writeOver`, of changes that have lines. */
export const recordOver = async (client: pg.Client, ...changes: readonly Change[]): Promise<Answer> => {
  const text = recordStatement(tablesOf("public", "usermeta_documents"));
  const encoded = changes.map(encode);
  const values = [...columnsOf(encoded), randomUUID(), 60_000, false, ...lineColumnsOf(encoded)];
  return (await client.query({ text, values, rowMode: "array" })).rows[0]?.[0];
};

/** The change with a line for its version. */
export const withLine = (change: Change, body = "{}"): Change => {
  const { userId, expected, next } = change;
  const version = next?.version ?? expected + 1;
  const entries = [{ subject: userId, version, at: version, body }];
  return { ...change, ...(next === null && { greatest: version }), entries };
};

/** A connection of somebody else's, in a transaction that has locked a user's row. */
export const lockOn = async (connectionString: string, userId: string): Promise<pg.Client> => {
  const client = await begin(connectionString);
  await client.query("SELECT FROM usermeta_documents WHERE user_id = $1 FOR UPDATE", [userId]);
  return client;
};

/** Resolves when a statement in the database waits for another's lock. */
export const somebodyWaits = async (connectionString: string): Promise<void> => {
  const text = "SELECT FROM pg_locks WHERE NOT granted";
  while ((await execute(connectionString, text))[0]?.rowCount === 0);
};

/** Of a user whose document is as `insert` made it, or of that version. */
export const update = (userId: string, version = 1): Change => {
  const change = insert(userId);
  return { ...change, expected: version, next: change.next && { ...change.next, version: version + 1 } };
};

/** Counts a user's counter up by one through an engine on a store, and says what it then is. */
export const counterOn = (store: Store): ((userId: string) => Promise<unknown>) => {
  const metadata = createUserMetadata({ store });
  return async (userId) => {
    const { publicMetadata } = await metadata.mutateUserMetadata(userId, ({ publicMetadata: { count } }) => ({
      publicMetadata: { count: Number(count ?? 0) + 1 },
    }));
    return publicMetadata.count;
  };
};

/** Fails unless work fails with this code and a message that has this text. */
export const expectFailure = async (
  work: () => unknown,
  { code, named = "" }: { code: ErrorCode; named?: string },
): Promise<UserMetadataError> => {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => new Error("It did not fail."),
      (reason: unknown) => reason,
    );
  if (!UserMetadataError.is(error)) throw error;
  expect(error.code, error.message).toBe(code);
  expect(error.message).toContain(named);
  return error;
};
