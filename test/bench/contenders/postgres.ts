/**
 * Updates and reads on PostgreSQL, at 64 callers: through the engine, and as one would write them by hand, with
 * statements that are prepared once for a connection, or not.
 */
import { createUserMetadata } from "@usermeta/core";
import { postgresStore } from "@usermeta/store-postgres";
import pg from "pg";
import { answerMeasurements } from "../child.ts";
import { settings, userId } from "../users.ts";
import { BY_HAND, fill, OURS } from "./fill.ts";

type Operation = (index: number, call: number) => Promise<unknown>;

/** `how`: "prepared" (by hand), "pooled" (the engine, over an app's pool), "cached" (the engine), or "". */
const [url = "", operation = "", count = "0", how = ""] = process.argv.slice(2);
const users = Number(count);
const table = `${operation}${how}_${users}`.replaceAll("-", "_");
const pool = new pg.Pool({ connectionString: url });

async function engine(): Promise<ReturnType<typeof createUserMetadata>> {
  const cached = how === "cached";
  const listening = cached ? { listenConnectionString: url } : {};
  const where = how === "pooled" ? { pool } : { connectionString: url };
  const store = postgresStore({ ...where, table, ...listening });
  await store.migrate();
  await fill(pool, table, users, OURS);
  return createUserMetadata({ store, ...(cached && { cache: { maxUsers: users } }) });
}

async function byHand(): Promise<void> {
  await pool.query(`CREATE TABLE ${table} (user_id text PRIMARY KEY, doc jsonb NOT NULL)`);
  await fill(pool, table, users, BY_HAND);
}

const SELECT = `SELECT doc FROM ${table} WHERE user_id = $1`;
const UPDATE = `UPDATE ${table} SET doc = $2 WHERE user_id = $1`;
const UPSERT = `INSERT INTO ${table} AS stored VALUES ($1, $2)
  ON CONFLICT (user_id) DO UPDATE SET doc = stored.doc || $2 RETURNING doc`;

const OPERATIONS: Readonly<Record<string, (prepare: boolean) => Promise<Operation>>> = {
  "engine-updates": async () => {
    const metadata = await engine();
    return (index, call) => metadata.updateUserMetadata(userId(index), { unsafeMetadata: settings(call) });
  },
  "engine-reads": async () => {
    const metadata = await engine();
    return (index) => metadata.getUserMetadata(userId(index));
  },
  "transaction-updates": async (prepare) => {
    await byHand();
    return async (index, call) => {
      const client = await pool.connect();
      const query = (text: string, ...values: unknown[]): Promise<pg.QueryResult> =>
        client.query(prepare ? { name: text.slice(0, 6), text, values } : { text, values });
      try {
        await client.query("BEGIN");
        const { rows } = await query(`${SELECT} FOR UPDATE`, userId(index));
        await query(UPDATE, userId(index), JSON.stringify({ ...rows[0].doc, ...settings(call) }));
        await client.query("COMMIT");
      } finally {
        client.release();
      }
    };
  },
  "upsert-updates": async (prepare) => {
    await byHand();
    const query = { text: UPSERT, ...(prepare ? { name: "upsert" } : {}) };
    return (index, call) => pool.query({ ...query, values: [userId(index), JSON.stringify(settings(call))] });
  },
  "select-reads": async (prepare) => {
    await byHand();
    const query = { text: SELECT, ...(prepare ? { name: "select" } : {}) };
    return (index) => pool.query({ ...query, values: [userId(index)] });
  },
};

const start = OPERATIONS[operation];
if (start === undefined) throw new Error(`There is no operation ${operation}.`);
const operate = await start(how === "prepared");
// Neighbours in time are not neighbours in the table.
const STRIDE = 7919;
answerMeasurements(64, (call) => operate((call * STRIDE) % users, call));
