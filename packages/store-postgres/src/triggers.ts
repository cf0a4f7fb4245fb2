import type { Tables } from "./tables.ts";

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
 * that it removed. If a hundred of them do not fit into a message, which has room for 7,999 bytes, it is empty.
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
