import { CHANGE_COLUMNS } from "./changes.ts";
import type { Tables } from "./tables.ts";

const WRITTEN = CHANGE_COLUMNS.filter((name) => name !== "user_id" && name !== "expected");
const TYPES = ["text", "bigint", "bigint", "json", "json", "json", "json", "bigint", "bigint"];
const ARRAYS = TYPES.map((type) => `${type}[]`);
const PARAMETERS = TYPES.map((_, index) => `$${index + 1}`);
const ID = `$${TYPES.length + 1}`;

/** Binds the arrays and the id of the statement; answers the users whose swaps were lost. */
export const writeStatement = ({ write }: Tables): string =>
  `SELECT ${write}(${PARAMETERS.map((name, index) => `${name}::${ARRAYS[index]}`)}, ${ID}::uuid)`;

const CHANGES = `(SELECT * FROM unnest(${PARAMETERS}) AS change (${CHANGE_COLUMNS}) ORDER BY user_id COLLATE "C") AS change`;

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
