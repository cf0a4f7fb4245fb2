import { CHANGE_COLUMNS } from "./changes.ts";
import type { Tables } from "./tables.ts";

const WRITTEN = CHANGE_COLUMNS.filter((name) => name !== "user_id" && name !== "expected");
const TYPES = ["text", "bigint", "bigint", "json", "json", "json", "json", "bigint", "bigint", "bigint"];
export const ARRAYS: readonly string[] = TYPES.map((type) => `${type}[]`);
export const PARAMETERS: readonly string[] = TYPES.map((_, index) => `$${index + 1}`);
export const ID: string = `$${TYPES.length + 1}`;
/** How long to wait for a lock, in ms. 0: who is locked is skipped. */
export const PATIENCE: string = `$${TYPES.length + 2}`;

/** How long a write waits for a lock, in ms, before it is sent again to skip who is locked. */
export const PATIENCE_MS = 100;
/** What a process of before `claims_version` waits, after which it forbids the statement. */
const OLD_PATIENCE_MS = 10_000;

/** Binds the arrays, the id of the statement, and how long to wait for a lock; answers an `Answer`, or null if no swap was lost. @param write the function */
export const writeStatement = (write: string): string =>
  `SELECT ${write}(${PARAMETERS.map((name, index) => `${name}::${ARRAYS[index]}`)}, ${ID}::uuid, ${PATIENCE}::integer)`;

/** What the function answers: whose swaps were lost, and of those who was locked, and who was too old to be inserted. */
export interface Answer {
  readonly lost: readonly string[];
  readonly locked?: readonly string[] | null;
  /** Those whose version is not greater than `removed`. */
  readonly old?: readonly string[] | null;
  readonly removed?: number | null;
}

const CHANGES = `(SELECT * FROM unnest(${PARAMETERS}) AS change (${CHANGE_COLUMNS}) ORDER BY user_id COLLATE "C") AS change`;

/**
 * Leave plans that go through the changes, in their order, and look each up by its id. They are made once for a session:
 * for few changes, a plan for what is bound would cost more than the change.
 */
export const SETTINGS: string = [
  ...["hashjoin", "mergejoin", "seqscan", "bitmapscan"].map((name) => `enable_${name} = off`),
  "plan_cache_mode = force_generic_plan",
  // It ends with the function: the commit may have to wait for those of others, for instance to notify.
  `lock_timeout = ${PATIENCE_MS}`,
]
  .map((setting) => `SET ${setting}`)
  .join(" ");

const INSERTED = WRITTEN.map((name) => (name === "version" ? "coalesce(version, -expected)" : name));
const IS_INSERT = "expected <= 0 AND (version IS NOT NULL OR expected < 0)";
const LEAST = "CASE WHEN change.expected < 0 THEN -change.expected ELSE change.version END";

/** `swapped` gets who was inserted; `skipped` whose id somebody else is inserting or changing, if nobody is waited for. */
const insertInto = (documents: string): string => `
    IF ${PATIENCE} = 0 THEN
      FOR one IN SELECT user_id, ${INSERTED.map((value, index) => `${value} AS ${WRITTEN[index]}`)}
        FROM ${CHANGES} WHERE ${IS_INSERT} LOOP
        BEGIN
          INSERT INTO ${documents} (user_id, ${WRITTEN})
            VALUES (one.user_id, ${WRITTEN.map((name) => `one.${name}`)}) ON CONFLICT DO NOTHING;
          IF FOUND THEN swapped := swapped || one.user_id; END IF;
        EXCEPTION WHEN lock_not_available THEN skipped := skipped || one.user_id;
        END;
      END LOOP;
    ELSE
      WITH inserted AS (INSERT INTO ${documents} (user_id, ${WRITTEN})
        SELECT user_id, ${INSERTED} FROM ${CHANGES} WHERE ${IS_INSERT}
        ON CONFLICT DO NOTHING RETURNING user_id)
      SELECT array_agg(user_id) INTO swapped FROM inserted;
    END IF;`;

/**
 * Takes back who was inserted with a version that may have been removed. The insert may have waited for the removal, so
 * the greatest version is read after it. A process of before `claims_version` does not know what to make of such an answer.
 */
const takeBackOld = (documents: string, writes: string): string => `
    greatest_removed := (SELECT max(removed) FROM ${writes});
    IF greatest_removed >= (SELECT min(${LEAST}) FROM unnest($2, $3) AS change (expected, version)) THEN
      WITH taken AS (DELETE FROM ${documents} AS stored USING ${CHANGES}
        WHERE stored.user_id = change.user_id AND change.user_id = ANY (swapped)
          AND ${LEAST} <= greatest_removed
          AND change.claims_version IS NOT NULL
        RETURNING stored.user_id)
      SELECT array_agg(user_id) INTO too_old FROM taken;
      swapped := array(SELECT unnest(swapped) EXCEPT SELECT unnest(too_old));
    END IF;`;

/** Remembers the greatest version in a row of its own, so that nobody waits for who else removes. */
const remove = (documents: string, writes: string): string => `
      WITH removed AS (DELETE FROM ${documents} AS stored USING ${CHANGES}
        WHERE stored.user_id = change.user_id AND stored.version = abs(expected) AND change.version IS NULL
          AND change.user_id = ANY (locked) AND (expected > 0 OR change.user_id = ANY (swapped))
        RETURNING stored.user_id, expected, greatest(stored.version, change.updated_at) AS version)
      SELECT swapped || array_agg(user_id) FILTER (WHERE expected > 0), max(version)
        INTO swapped, just_removed FROM removed;
      INSERT INTO ${writes} (id, removed) SELECT overlay(${ID}::text PLACING 'ffffffff' FROM 1)::uuid, just_removed
        WHERE just_removed > coalesce((SELECT max(removed) FROM ${writes}), 0);
      swapped := swapped || array(SELECT user_id FROM ${CHANGES} WHERE expected = 0 AND version IS NULL
        AND NOT EXISTS (SELECT FROM ${documents} AS stored WHERE stored.user_id = change.user_id));`;

/**
 * Makes the function that swaps many documents, and keeps under the id of its call whose swaps were lost. A function,
 * because the server keeps its plans by itself, also behind a PgBouncer. Processes of before `claims_version` call it by
 * fewer parameters: what they update has none, so that its version counts.
 *
 * Two calls never deadlock. New rows come first, in the order of their ids: to insert waits for whoever changes a row of
 * that id, and nobody waits for a new row but who inserts the same. An update locks its rows in the order of their ids by
 * itself, as its settings make it. If there is something to remove, which is a statement of its own, or if who is locked
 * is skipped, all rows are locked before, and what has come since is left alone.
 */
export const createWrite = ({ documents, writes, write }: Tables): string => `
  CREATE OR REPLACE FUNCTION ${write}(${ARRAYS}, uuid, integer) RETURNS json LANGUAGE plpgsql ${SETTINGS} AS $write$
  DECLARE
    one record;
    swapped text[];
    locked text[];
    skipped text[];
    too_old text[];
    greatest_removed bigint;
    just_removed bigint;
    lost text[] := '{}';
  BEGIN
    IF ${PATIENCE} <> ${PATIENCE_MS} THEN
      PERFORM set_config('lock_timeout', greatest(${PATIENCE}, 1)::text, true);
    END IF;
    IF 0 >= ANY ($2) THEN
      ${insertInto(documents)}
      ${takeBackOld(documents, writes)}
    END IF;
    IF ${PATIENCE} = 0 THEN
      locked := array(SELECT user_id FROM ${documents} WHERE user_id = ANY ($1) ORDER BY user_id FOR UPDATE SKIP LOCKED);
      skipped := skipped || array(SELECT user_id FROM ${documents}
        WHERE user_id = ANY ($1) AND user_id <> ALL (locked));
    ELSIF array_position($3, NULL) IS NOT NULL THEN
      locked := array(SELECT user_id FROM ${documents} WHERE user_id = ANY ($1) ORDER BY user_id FOR UPDATE);
    END IF;
    IF array_position($3, NULL) IS NOT NULL THEN
      ${remove(documents, writes)}
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
    IF lost = '{}' THEN RETURN NULL; END IF;
    RETURN json_build_object('lost', lost, 'locked', skipped, 'old', too_old, 'removed', greatest_removed);
  END $write$;
  CREATE OR REPLACE FUNCTION ${write}(${ARRAYS.slice(0, -1)}, uuid) RETURNS json LANGUAGE sql AS $write$
    SELECT coalesce(
      ${write}(${PARAMETERS.slice(0, -1)}, '{}'::bigint[], ${PARAMETERS.at(-1)}, ${OLD_PATIENCE_MS}) -> 'lost', '[]')
  $write$;`;

/** An SQLSTATE that is nobody else's. */
const NOT_ALL = "UM001";

/** Makes the function that does the same, but takes back what it did if a swap was lost. All are kept as lost then. */
export const createTogether = ({ writes, write, together }: Tables): string => `
  CREATE OR REPLACE FUNCTION ${together}(${ARRAYS}, uuid, integer) RETURNS json LANGUAGE plpgsql AS $together$
  DECLARE
    answer json;
  BEGIN
    BEGIN
      answer := ${write}(${PARAMETERS}, ${ID}, ${PATIENCE});
      IF answer IS NULL THEN RETURN NULL; END IF;
      RAISE EXCEPTION SQLSTATE '${NOT_ALL}';
    EXCEPTION WHEN SQLSTATE '${NOT_ALL}' THEN
      INSERT INTO ${writes} (id, lost) VALUES (${ID}, $1);
      RETURN answer;
    END;
  END $together$;`;
