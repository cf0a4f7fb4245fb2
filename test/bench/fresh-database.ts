/** A database of its own for each process that is measured on PostgreSQL. */
import pg from "pg";

/** Makes an empty database on a server and returns its URL; it goes with the server. */
export async function freshDatabase(server: string): Promise<string> {
  const name = `bench_${process.pid}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}
