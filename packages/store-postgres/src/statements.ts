import { createHash } from "node:crypto";
import type { Change, MetadataDocument, Tier } from "@usermeta/core";

/** The names of what a store keeps, quoted for SQL. */
export interface Tables {
  readonly schema: string;
  readonly documents: string;
  /** Holds one number: the version of the tables. */
  readonly versions: string;
  /** Has a row for each statement that wrote, for as long as somebody may have to ask what became of it. */
  readonly writes: string;
  /** The function that swaps documents. */
  readonly write: string;
  /** The function of the triggers that tell of writes. */
  readonly tell: string;
  /** If they tell it. */
  readonly channel: string;
  /** The index that finds a user; a name without its schema, as the next. */
  readonly lookup: string;
  /** The index that searches a tier. */
  index(tier: Tier): string;
}

const quoted = (name: string): string => `"${name}"`;

export const tablesOf = (schema: string, table: string): Tables => ({
  schema: quoted(schema),
  documents: `${quoted(schema)}.${quoted(table)}`,
  versions: `${quoted(schema)}.${quoted(`${table}_schema`)}`,
  writes: `${quoted(schema)}.${quoted(`${table}_writes`)}`,
  write: `${quoted(schema)}.${quoted(`${table}_write`)}`,
  tell: `${quoted(schema)}.${quoted(`${table}_changed`)}`,
  // As short as a name must be, and without what would have to be quoted.
  channel: `usermeta_${createHash("sha256").update(`${schema}.${table}`).digest("hex").slice(0, 32)}`,
  lookup: quoted(`${table}_lookup`),
  index: (tier) => quoted(`${table}_${tier}`),
});

/** What a column of JSON is searched as. `json` keeps the order of keys, `jsonb` is what is indexed. */
export const searched = (tier: Tier): string => `(${tier}_metadata::jsonb)`;

/** What `decode` takes, in its order. */
const COLUMNS = [
  "user_id",
  "public_metadata",
  "private_metadata",
  "unsafe_metadata",
  "claims",
  "version",
  "created_at",
  "updated_at",
];

const parsed = (text: unknown): object => {
  const value: unknown = JSON.parse(String(text));
  if (typeof value !== "object" || value === null) throw new SyntaxError("not a JSON object");
  return value;
};

/** Parses a row of `COLUMNS`; a `SyntaxError` says that it is not what this package wrote. */
export const decode = (row: readonly unknown[]): MetadataDocument => ({
  public: parsed(row[1]) as MetadataDocument["public"],
  private: parsed(row[2]) as MetadataDocument["private"],
  unsafe: parsed(row[3]) as MetadataDocument["unsafe"],
  claims: parsed(row[4]) as MetadataDocument["claims"],
  version: Number(row[5]),
  createdAt: Number(row[6]),
  updatedAt: Number(row[7]),
});

/** A change as the values of its row after the id; `null` in the place of a document that is removed. */
export interface EncodedChange {
  readonly userId: string;
  readonly values: readonly (string | number | null)[];
}

export const encode = ({ userId, expected, next }: Change): EncodedChange => ({
  userId,
  values: next
    ? [
        expected,
        next.version,
        JSON.stringify(next.public),
        JSON.stringify(next.private),
        JSON.stringify(next.unsafe),
        JSON.stringify(next.claims),
        next.createdAt,
        next.updatedAt,
      ]
    : [expected, null, null, null, null, null, null, null],
});

const NAMES = [
  "user_id",
  "expected",
  "version",
  "public_metadata",
  "private_metadata",
  "unsafe_metadata",
  "claims",
  "created_at",
  "updated_at",
] as const;
const WRITTEN = NAMES.filter((name) => name !== "user_id" && name !== "expected");
const TYPES = ["text", "bigint", "bigint", "json", "json", "json", "json", "bigint", "bigint"];
const ARRAYS = TYPES.map((type) => `${type}[]`);
const PARAMETERS = TYPES.map((_, index) => `$${index + 1}`);
const ID = `$${TYPES.length + 1}`;

/**
 * An array of numbers or of JSON texts as the server reads it. JSON has no raw control characters, so that all that is
 * escaped is what an array needs: quotes and backslashes. `pg` makes the same of it, at several times the cost.
 */
const arrayOf = (values: readonly (string | number | null)[]): string =>
  `{${JSON.stringify(values).slice(1, -1)}}`;

/** The arrays that `writeStatement` binds: one for each column, with a value for each change. */
export const columnsOf = (changes: readonly EncodedChange[]): unknown[] => [
  changes.map(({ userId }) => userId),
  ...NAMES.slice(1).map((_, column) => arrayOf(changes.map(({ values }) => values[column] ?? null))),
];

/** Binds the arrays and the id of the statement; answers the users whose swaps were lost. */
export const writeStatement = ({ write }: Tables): string =>
  `SELECT ${write}(${PARAMETERS.map((name, index) => `${name}::${ARRAYS[index]}`)}, ${ID}::uuid)`;

const CHANGES = `(SELECT * FROM unnest(${PARAMETERS}) AS change (${NAMES}) ORDER BY user_id COLLATE "C") AS change`;

/**
 * Leave plans that go through the changes, in their order, and look each up by its id. They are made once for a session:
 * for few changes, a plan for what is bound would cost more than the change.
 */
const SETTINGS = [
  ...["hashjoin", "mergejoin", "seqscan", "bitmapscan"].map((name) => `enable_${name} = off`),
  "plan_cache_mode = force_generic_plan",
];

/**
 * Makes the function that swaps many documents, and keeps under the id of its call whose swaps were lost. A function,
 * because the server keeps its plans by itself, also behind a PgBouncer.
 *
 * Two calls never deadlock. New rows come first, in the order of their ids: to insert waits for whoever changes a row of
 * that id, and nobody waits for a new row but who inserts the same. An update locks its rows in the order of their ids by
 * itself, as its settings make it. If there is something to remove, which is a statement of its own, all rows are locked
 * before, and what has come since is left alone.
 */
export const createWrite = ({ documents, writes, write }: Tables): string => `
  CREATE OR REPLACE FUNCTION ${write}(${ARRAYS}, uuid) RETURNS json LANGUAGE plpgsql
  ${SETTINGS.map((setting) => `SET ${setting}`).join(" ")} AS $write$
  DECLARE
    swapped text[];
    locked text[];
    lost text[] := '{}';
  BEGIN
    IF array_position($2, 0) IS NOT NULL THEN
      WITH inserted AS (INSERT INTO ${documents} (user_id, ${WRITTEN})
        SELECT user_id, ${WRITTEN} FROM ${CHANGES} WHERE expected = 0 AND version IS NOT NULL
        ON CONFLICT DO NOTHING RETURNING user_id)
      SELECT array_agg(user_id) INTO swapped FROM inserted;
    END IF;
    IF array_position($3, NULL) IS NOT NULL THEN
      locked := array(SELECT user_id FROM ${documents} WHERE user_id = ANY ($1) ORDER BY user_id FOR UPDATE);
      WITH removed AS (DELETE FROM ${documents} AS stored USING ${CHANGES}
        WHERE stored.user_id = change.user_id AND stored.version = expected AND change.version IS NULL
          AND change.user_id = ANY (locked)
        RETURNING stored.user_id)
      SELECT swapped || array_agg(user_id) INTO swapped FROM removed;
      swapped := swapped || array(SELECT user_id FROM ${CHANGES} WHERE expected = 0 AND version IS NULL
        AND NOT EXISTS (SELECT FROM ${documents} AS stored WHERE stored.user_id = change.user_id));
    END IF;
    WITH updated AS (UPDATE ${documents} AS stored SET ${WRITTEN.map((name) => `${name} = change.${name}`)}
      FROM ${CHANGES}
      WHERE stored.user_id = change.user_id AND stored.version = expected AND change.version IS NOT NULL
        AND (locked IS NULL OR change.user_id = ANY (locked))
      RETURNING stored.user_id)
    SELECT swapped || array_agg(user_id) INTO swapped FROM updated;
    IF cardinality(swapped) IS DISTINCT FROM cardinality($1) THEN
      lost := array(SELECT unnest($1) EXCEPT SELECT unnest(swapped));
    END IF;
    INSERT INTO ${writes} (id, lost) VALUES (${ID}, lost);
    RETURN array_to_json(lost);
  END $write$;`;

/** Binds the id of a statement. Waits for it if it is under way; if it has not written, it never will. */
export const forbidStatement = ({ writes }: Tables): string =>
  `INSERT INTO ${writes} (id) VALUES ($1) ON CONFLICT DO NOTHING`;

/** Binds the id of a statement. `lost` is null if it was forbidden. */
export const outcomeStatement = ({ writes }: Tables): string =>
  `SELECT array_to_json(lost) FROM ${writes} WHERE id = $1`;

/** Binds an id: forgets up to 10,000 statements of before, other than those that another process is forgetting. */
export const forgetStatement = ({ writes }: Tables): string =>
  `DELETE FROM ${writes} WHERE id IN
    (SELECT id FROM ${writes} WHERE id < $1 ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED)`;

/** Makes the index that finds a user at less than the primary key costs, the more so the more users there are. */
export const createLookup = ({ documents, lookup }: Tables): string =>
  `CREATE INDEX IF NOT EXISTS ${lookup} ON ${documents} USING hash (user_id);`;

/** Binds an array of user ids. */
export const readStatement = (table: string): string =>
  `SELECT ${COLUMNS} FROM ${table} WHERE user_id = ANY ($1::text[])`;

/**
 * As `readStatement`, to be prepared: PostgreSQL can keep the plan of a join, which looks up each user in the hash index.
 * Without the limit it would plan a read of few users each time, because the plan that it keeps is made for ten users.
 * The limit removes no row, but PostgreSQL expects a tenth of the rows from a limit that it does not know.
 */
export const preparedReadStatement = (table: string): string =>
  `SELECT ${COLUMNS} FROM unnest($1::text[]) AS asked (id) JOIN ${table} ON user_id = id
  LIMIT cardinality($1::text[])`;

/** Binds the user id to start after, the limit, and if a tier is searched what it contains. */
export const findStatement = (table: string, tier: Tier | undefined): string =>
  `SELECT ${COLUMNS} FROM ${table} WHERE user_id > $1 ${tier ? `AND ${searched(tier)} @> $3::jsonb` : ""}
  ORDER BY user_id LIMIT $2`;

const EVENTS = [
  ["insert", "REFERENCING NEW TABLE AS changed"],
  ["update", "REFERENCING NEW TABLE AS changed"],
  ["delete", "REFERENCING OLD TABLE AS changed"],
  ["truncate", ""],
] as const;

/** The names of the triggers that tell of writes. */
export const TRIGGERS: readonly string[] = EVENTS.map(([event]) => `usermeta_tells_${event}`);

/** Binds the table: how many of the triggers are there. */
export const triggersStatement: string = `SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass($1)
  AND tgname IN (${TRIGGERS.map((name) => `'${name}'`)}) AND tgenabled IN ('O', 'A')`;

/**
 * Makes the triggers. Each statement tells, with its commit, the versions by user id of the rows that it wrote, 0 for one
 * that it removed. Where a hundred of them do not fit into a message, which has room for 7,999 bytes, it is empty.
 */
export const createTriggers = ({ documents, tell, channel }: Tables): string => `
  CREATE OR REPLACE FUNCTION ${tell}() RETURNS trigger LANGUAGE plpgsql AS $tell$ BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      PERFORM pg_notify(TG_ARGV[0], '');
    ELSE
      PERFORM pg_notify(TG_ARGV[0], CASE WHEN octet_length(versions) < 8000 THEN versions ELSE '' END)
        FROM (SELECT json_object_agg(user_id, CASE TG_OP WHEN 'DELETE' THEN 0 ELSE version END)::text AS versions
          FROM (SELECT user_id, version, (row_number() OVER () - 1) / 100 AS part FROM changed) AS numbered
          GROUP BY part) AS parts;
    END IF;
    RETURN NULL;
  END $tell$;
  ${EVENTS.map(
    (
      [event, rows],
      index,
    ) => `CREATE OR REPLACE TRIGGER ${TRIGGERS[index]} AFTER ${event} ON ${documents} ${rows}
      FOR EACH STATEMENT EXECUTE FUNCTION ${tell}('${channel}');`,
  ).join("\n")}`;
