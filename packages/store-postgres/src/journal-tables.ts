import type { Tables } from "./tables.ts";
import { ARRAYS, ID, PARAMETERS, PATIENCE, SETTINGS } from "./write-function.ts";

/** What the function binds after what writing binds: whether all are written or none, then a list of each of these. */
const JOURNAL_COLUMNS = {
  /** `user_id`: whose change it belongs to. */
  entries: ["user_id", "subject", "version", "at", "body"],
  erasures: ["user_id", "digest", "at", "body"],
} as const;

const TYPES: Readonly<Record<string, string>> = { version: "bigint[]", at: "bigint[]" };
const typesOf = (columns: readonly string[]): string[] => columns.map((name) => TYPES[name] ?? "text[]");
const FIRST = PARAMETERS.length + 3;
const TOGETHER = `$${FIRST}`;
const numbered = (columns: readonly string[], from: number): string[] =>
  columns.map((_, index) => `$${from + index}`);
const ENTRIES = numbered(JOURNAL_COLUMNS.entries, FIRST + 1);
const ERASURES = numbered(JOURNAL_COLUMNS.erasures, FIRST + 1 + ENTRIES.length);
const ALL_TYPES = [
  ...[...ARRAYS, "uuid", "integer", "boolean"],
  ...[...typesOf(JOURNAL_COLUMNS.entries), ...typesOf(JOURNAL_COLUMNS.erasures)],
];

/** Binds what `writeStatement` does, then the lines of the changes; answers the same. */
export const recordStatement = ({ record }: Tables): string =>
  `SELECT ${record}(${ALL_TYPES.map((type, index) => `$${index + 1}::${type}`)})`;

/**
 * Makes the tables. `tx` and `seq` give the order: see `createRecord`. Where a dump was restored, the ids of transactions
 * may begin again at lower ones: then a new epoch begins. The one row of the journal has what is known of all lines.
 */
export const createJournal = ({ entries, order, erasures, digests, journal }: Tables): string => `
  CREATE TABLE IF NOT EXISTS ${entries} (
    tx xid8 NOT NULL,
    seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    version bigint NOT NULL,
    at bigint NOT NULL,
    epoch integer NOT NULL,
    subject text COLLATE "C" NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (subject, version)
  );
  CREATE INDEX IF NOT EXISTS ${order} ON ${entries} (epoch, tx, seq);
  CREATE TABLE IF NOT EXISTS ${erasures} (digest text COLLATE "C" NOT NULL, at bigint NOT NULL, body text NOT NULL);
  CREATE INDEX IF NOT EXISTS ${digests} ON ${erasures} (digest);
  CREATE TABLE IF NOT EXISTS ${journal} (
    salt text NOT NULL DEFAULT gen_random_uuid()::text || gen_random_uuid()::text,
    epoch integer NOT NULL DEFAULT 1,
    trimmed_epoch integer NOT NULL DEFAULT 0,
    trimmed_tx xid8 NOT NULL DEFAULT '0',
    trimmed_seq bigint NOT NULL DEFAULT 0
  );
  INSERT INTO ${journal} SELECT WHERE NOT EXISTS (SELECT FROM ${journal});`;

/** Which transaction the last line of the subject counts as, in this epoch. */
const lastOf = (entries: string): string =>
  `(SELECT CASE WHEN last.epoch = journal.epoch THEN last.tx END FROM ${entries} AS last
      WHERE last.subject = line.subject ORDER BY last.version DESC LIMIT 1)`;

const erase = ({ entries, erasures }: Tables): string => `
    IF cardinality(${ERASURES[0]}) > 0 THEN
      DELETE FROM ${entries} WHERE subject = ANY (array(SELECT unnest(${ERASURES[0]}) EXCEPT SELECT unnest(lost)));
      INSERT INTO ${erasures} (digest, at, body) SELECT digest, at, body
        FROM unnest(${ERASURES}) AS line (${JOURNAL_COLUMNS.erasures}) WHERE user_id <> ALL (lost);
    END IF;`;

/**
 * Makes the function that swaps documents as the one that writes does, and keeps the lines of those that it swapped.
 *
 * Lines are in the order of `(tx, seq)`, and are followed up to the oldest transaction that is open. Those of one subject
 * are in the order of their versions: nobody else writes lines of it meanwhile, since its row is locked or inserted, and
 * - an update is of a version that could be read before its transaction began, so that its id is greater than that of the
 *   version's;
 * - an insert may come to its user when its transaction has had its id for long, and a later one has just removed the user.
 *   So its line counts as the later transaction's. It is seen no sooner than its own has ended, since that is older; and
 *   its `seq` is greater, since it is taken when the last line can be seen.
 */
export const createRecord = (tables: Tables): string => `
  CREATE OR REPLACE FUNCTION ${tables.record}(${ALL_TYPES}) RETURNS json LANGUAGE plpgsql ${SETTINGS} AS $record$
  DECLARE
    answer json;
    lost text[] := '{}';
    inserted text[] := array(SELECT user_id FROM unnest($1, $2) AS change (user_id, expected) WHERE expected <= 0);
  BEGIN
    IF ${TOGETHER} THEN
      answer := ${tables.together}(${PARAMETERS}, ${ID}, ${PATIENCE});
      IF answer IS NOT NULL THEN RETURN answer; END IF;
    ELSE
      answer := ${tables.write}(${PARAMETERS}, ${ID}, ${PATIENCE});
      IF answer IS NOT NULL THEN lost := array(SELECT json_array_elements_text(answer -> 'lost')); END IF;
    END IF;
    ${erase(tables)}
    INSERT INTO ${tables.entries} (epoch, tx, subject, version, at, body)
      SELECT journal.epoch,
        greatest(pg_current_xact_id(), CASE WHEN user_id = ANY (inserted) THEN ${lastOf(tables.entries)} END),
        subject, version, at, body
      FROM ${tables.journal} AS journal,
        unnest(${ENTRIES}) WITH ORDINALITY AS line (${JOURNAL_COLUMNS.entries}, place)
      WHERE user_id <> ALL (lost) ORDER BY place ON CONFLICT DO NOTHING;
    RETURN answer;
  END $record$;`;
