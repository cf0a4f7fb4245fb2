/** Fills a table of PostgreSQL with users who each have settings. */
import type pg from "pg";
import { settings } from "../users.ts";

const SETTINGS = `'${JSON.stringify(settings(0))}'`;

/** The columns of ours, after the user's id. */
export const OURS = `'{"plan":"free"}', '{"customer":"cus_123"}', ${SETTINGS}, '[]', 1, 1, 1`;
/** One document, as one would keep it by hand. */
export const BY_HAND = `'{"plan":"free","customer":"cus_123"}'::jsonb || ${SETTINGS}`;

export async function fill(pool: pg.Pool, table: string, users: number, columns: string): Promise<void> {
  await pool.query(`INSERT INTO ${table} SELECT 'user-' || lpad(n::text, greatest(5, length(n::text)), '0'), ${columns}
    FROM generate_series(0, ${users - 1}) AS n`);
  await pool.query(`VACUUM ANALYZE ${table}`);
}
