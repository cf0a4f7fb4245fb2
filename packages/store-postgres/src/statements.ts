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
  /** The function of the triggers that tell of writes. */
  readonly tell: string;
  /** Where they tell it. */
  readonly channel: string;
  /** The index that searches a tier; a name without its schema. */
  index(tier: Tier): string;
}

const quoted = (name: string): string => `"${name}"`;

export const tablesOf = (schema: string, table: string): Tables => ({
  schema: quoted(schema),
  documents: `${quoted(schema)}.${quoted(table)}`,
  versions: `${quoted(schema)}.${quoted(`${table}_schema`)}`,
  writes: `${quoted(schema)}.${quoted(`${table}_writes`)}`,
  tell: `${quoted(schema)}.${quoted(`${table}_changed`)}`,
  // As short as a name must be, and without what would have to be quoted.
  channel: `usermeta_${createHash("sha256").update(`${schema}.${table}`).digest("hex").slice(0, 32)}`,
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

/** A change as the values of its row; `null` in the place of a document that is removed. */
export interface EncodedChange {
  readonly userId: string;
  readonly part: Part;
  readonly values: readonly (string | number | null)[];
}

/** What a change does to the table. */
export type Part = "update" | "insert" | "delete" | "absent";

const partOf = ({ expected, next }: Change): Part => {
  if (next === null) return expected === 0 ? "absent" : "delete";
  return expected === 0 ? "insert" : "update";
};

export const encode = (change: Change): EncodedChange => {
  const { userId, expected, next } = change;
  return {
    userId,
    part: partOf(change),
    values: next
      ? [
          userId,
          expected,
          next.version,
          JSON.stringify(next.public),
          JSON.stringify(next.private),
          JSON.stringify(next.unsafe),
          JSON.stringify(next.claims),
          next.createdAt,
          next.updatedAt,
        ]
      : [userId, expected, null, null, null, null, null, null, null],
  };
};

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

/** The arrays that `writeStatement` binds: one for each column, with a value for each change. */
export const columnsOf = (changes: readonly EncodedChange[]): unknown[] =>
  NAMES.map((_, column) => changes.map(({ values }) => values[column]));

const PARTS: Readonly<Record<Part, (table: string, where: string) => string>> = {
  update: (
    table,
    where,
  ) => `UPDATE ${table} AS stored SET ${WRITTEN.map((name) => `${name} = change.${name}`)}
    FROM change WHERE stored.user_id = change.user_id AND stored.version = expected AND change.version IS NOT NULL${where}
    RETURNING stored.user_id`,
  delete: (table, where) => `DELETE FROM ${table} AS stored USING change
    WHERE stored.user_id = change.user_id AND stored.version = expected AND change.version IS NULL${where}
    RETURNING stored.user_id`,
  insert: (table, where) => `INSERT INTO ${table} (user_id, ${WRITTEN})
    SELECT user_id, ${WRITTEN} FROM change WHERE expected = 0 AND version IS NOT NULL${where}
    ORDER BY user_id COLLATE "C" ON CONFLICT DO NOTHING RETURNING user_id`,
  absent: (table) => `SELECT user_id FROM change WHERE expected = 0 AND version IS NULL
    AND NOT EXISTS (SELECT FROM ${table} AS stored WHERE stored.user_id = change.user_id)`,
};
/** The order in which the parts of a statement run: what waits for a new row waits last, in the order of the ids. */
const ORDER: readonly Part[] = ["update", "delete", "insert", "absent"];

/**
 * One statement that swaps many documents, keeps under the id of the statement whose swaps were lost, and returns that.
 * Where there are several, it first locks the rows in the order of their ids, so that two such statements never wait
 * for each other.
 */
export const writeStatement = (tables: Tables, parts: ReadonlySet<Part>, several: boolean): string => {
  const { documents: table, writes } = tables;
  const locked = several
    ? `, locked AS MATERIALIZED (SELECT FROM ${table} WHERE user_id = ANY ($1::text[])
        ORDER BY user_id FOR NO KEY UPDATE)`
    : "";
  const used = ORDER.filter((part) => parts.has(part));
  // Reads all of the locks before the first row is changed.
  const where = several ? " AND (SELECT count(*) FROM locked) >= 0" : "";
  const arrays = TYPES.map((type, index) => `$${index + 1}::${type}[]`);
  const swaps = used.map((part) => `, ${part}d AS (${PARTS[part](table, where)})`).join("");
  const swapped = used.map((part) => `SELECT user_id FROM ${part}d`).join(" UNION ALL ");
  return `WITH change AS (SELECT * FROM unnest(${arrays}) AS change (${NAMES}))${locked}${swaps}
    INSERT INTO ${writes} (id, lost) VALUES ($${arrays.length + 1}::uuid,
      array(SELECT user_id FROM change EXCEPT (${swapped}))) RETURNING array_to_json(lost)`;
};

/** Binds the id of a statement. Waits for it where it is under way; where it has not written, it never will. */
export const forbidStatement = ({ writes }: Tables): string =>
  `INSERT INTO ${writes} (id) VALUES ($1) ON CONFLICT DO NOTHING`;

/** Binds the id of a statement. `lost` is null where it was forbidden. */
export const outcomeStatement = ({ writes }: Tables): string =>
  `SELECT array_to_json(lost) FROM ${writes} WHERE id = $1`;

/** Binds an id: forgets up to 10,000 statements of before, other than those that another process is forgetting. */
export const forgetStatement = ({ writes }: Tables): string =>
  `DELETE FROM ${writes} WHERE id IN
    (SELECT id FROM ${writes} WHERE id < $1 ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED)`;

/** Binds an array of user ids. */
export const readStatement = (table: string): string =>
  `SELECT ${COLUMNS} FROM ${table} WHERE user_id = ANY ($1::text[])`;

/** Binds the user id to start after, the limit, and where a tier is searched what it contains. */
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
