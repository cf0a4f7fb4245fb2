/** A PostgreSQL database of its own for a test file. */
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import pg from "pg";
import { inject } from "vitest";

/** A fresh, empty database. */
export interface Database {
  readonly url: string;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

async function serverUrl(): Promise<string> {
  const answer = await text(connect(inject("postgresPort"), "127.0.0.1"));
  const { url, error } = JSON.parse(answer) as { url?: string; error?: string };
  if (url === undefined) throw new Error(error);
  return url;
}

/** Runs statements through a connection that is opened for them. */
export async function execute(url: string, ...statements: readonly string[]): Promise<pg.QueryResult[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results: pg.QueryResult[] = [];
    for (const statement of statements) results.push(await client.query(statement));
    return results;
  } finally {
    await client.end();
  }
}

/** Makes a database on the server of this test run, or on that of `TEST_POSTGRES_URL`. */
export async function freshDatabase(): Promise<Database> {
  const server = await serverUrl();
  const name = `usermeta_test_${randomUUID().replaceAll("-", "")}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = name;
  return {
    url: url.href,
    drop: async () => {
      await execute(server, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}
