import { type Tier, UserMetadataError } from "@usermeta/core";
import { createJournal, createRecord } from "./journal-tables.ts";
import type { PostgresQuery } from "./options.ts";
import { createLookup, searched } from "./reads.ts";
import type { Tables } from "./tables.ts";
import { createTriggers, TRIGGERS, triggersStatement } from "./triggers.ts";
import { createTogether, createWrite } from "./write-function.ts";

/** Runs one statement, or without `values` several as one transaction, and answers the rows. */
export type Run = (
  query: Pick<PostgresQuery, "name" | "text" | "values">,
) => Promise<readonly (readonly unknown[])[]>;

/**
 * Each entry brings the tables from the version of its index to the next one, and does no harm if they have it
 * already. An entry that was released never changes.
 */
const MIGRATIONS: readonly ((tables: Tables) => string)[] = [
  ({ documents, versions, writes }) => `CREATE TABLE IF NOT EXISTS ${versions} (version integer NOT NULL);
    INSERT INTO ${versions} SELECT 0 WHERE NOT EXISTS (SELECT FROM ${versions});
    CREATE TABLE IF NOT EXISTS ${documents} (
      user_id text COLLATE "C" NOT NULL PRIMARY KEY,
      public_metadata json NOT NULL,
      private_metadata json NOT NULL,
      unsafe_metadata json NOT NULL,
      claims json NOT NULL,
      version bigint NOT NULL,
      created_at bigint NOT NULL,
      updated_at bigint NOT NULL
    ) WITH (fillfactor = 90);
    CREATE TABLE IF NOT EXISTS ${writes} (id uuid NOT NULL PRIMARY KEY, lost text[]);`,
  // Functions that the last entry replaces.
  () => "",
  () => "",
  createLookup,
  // Rows of before have no claims version. The index has only versions that were removed.
  (tables) => `ALTER TABLE ${tables.documents} ADD COLUMN IF NOT EXISTS claims_version bigint;
    ALTER TABLE ${tables.writes} ADD COLUMN IF NOT EXISTS removed bigint;
    CREATE INDEX IF NOT EXISTS ${tables.removed} ON ${tables.writes} (removed) WHERE removed IS NOT NULL;
    ${createWrite(tables)}`,
  createTogether,
  (tables) => createJournal(tables) + createRecord(tables),
];

/**
 * "usermeta" in ASCII: a lock that nobody else in the database takes. It is let go of with the transaction. To wait for
 * it does not tell the session what others have created meanwhile; to open a table does.
 */
export const LOCK: string = `SELECT pg_advisory_xact_lock(${0x75736572}, ${0x6d657461}); SELECT FROM pg_namespace LIMIT 0;`;

/** While a change of a table waits for others to be done with it, as a backup is, nobody else comes to it. In ms. */
const PATIENCE_MS = 1000;
const BOUND = `SELECT set_config('lock_timeout', '${PATIENCE_MS}', true);`;

/** Which of the schema, the tables and the indexes are there. */
const present = async (run: Run, tables: Tables, search: readonly Tier[]): Promise<ReadonlySet<unknown>> => {
  const relations = [tables.versions, ...search.map((tier) => `${tables.schema}.${tables.index(tier)}`)];
  const text = `SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL
    UNION ALL SELECT $2::text WHERE to_regnamespace($2) IS NOT NULL`;
  return new Set((await run({ text, values: [relations, tables.schema] })).flat());
};

const hasTriggers = async (run: Run, { documents }: Tables): Promise<boolean> => {
  const [row] = await run({ text: triggersStatement, values: [documents] });
  return Number(row?.[0]) === TRIGGERS.length;
};

/**
 * Creates the tables, the indexes and the triggers or brings them to this package's version, in one transaction that
 * other processes wait for. Where all is there it only reads, so that a role that may create nothing is enough.
 */
export const migrate = async (
  run: Run,
  tables: Tables,
  search: readonly Tier[],
  tells: boolean,
): Promise<void> => {
  const there = await present(run, tables, search);
  const [row] = there.has(tables.versions)
    ? await run({ text: `SELECT version FROM ${tables.versions}`, values: [] })
    : [];
  const stored = Number(row?.[0] ?? 0);
  if (stored > MIGRATIONS.length) throw newer(stored, tables);
  const steps = [
    ...(there.has(tables.schema) ? [] : [`CREATE SCHEMA IF NOT EXISTS ${tables.schema};`]),
    ...MIGRATIONS.slice(stored).map((sql) => sql(tables)),
    ...search
      .filter((tier) => !there.has(`${tables.schema}.${tables.index(tier)}`))
      .map(
        (tier) => `CREATE INDEX IF NOT EXISTS ${tables.index(tier)} ON ${tables.documents}
          USING gin (${searched(tier)} jsonb_path_ops);`,
      ),
    ...(tells && !(await hasTriggers(run, tables)) ? [createTriggers(tables)] : []),
  ];
  if (steps.length === 0) return;
  const done = `UPDATE ${tables.versions} SET version = ${MIGRATIONS.length} WHERE version < ${MIGRATIONS.length}`;
  await run({ text: [LOCK, BOUND, ...steps, done].join("\n") });
};

const newer = (stored: number, { documents }: Tables): UserMetadataError =>
  new UserMetadataError(
    "store_schema_newer",
    `PostgreSQL table ${documents} has schema version ${stored}, this @usermeta/store-postgres knows ` +
      `${MIGRATIONS.length}. Install the version of @usermeta/store-postgres that made it, or a later one.`,
  );
