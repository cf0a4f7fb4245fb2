import type { Journal, PlacedEntry, StoredEntry } from "@usermeta/core";
import { invalidPosition, positionTrimmed } from "@usermeta/core/storing";
import { LOCK, type Run } from "./schema.ts";
import type { Tables } from "./tables.ts";

/** Lines come after those of other transactions that may still be open, whichever database they are in. */
const OPEN = "pg_snapshot_xmin(pg_current_snapshot())";
/** Comes after every transaction that has ended. */
const NEXT = "pg_snapshot_xmax(pg_current_snapshot())";
const POSITION = /^(\d{1,9})\.(\d{1,18})\.(\d{1,18})$/;
const START = ["0", "0", "0"];

/** Lines of transactions that this server has not had yet: they come from a dump. */
const isRestored = ({ entries }: Tables): string =>
  `(SELECT tx FROM ${entries} AS last WHERE last.epoch = journal.epoch ORDER BY tx DESC LIMIT 1) >= ${NEXT}`;

/** Binds a position and the limit. The journal's row and the lines are as of one moment, so that no trimmed line is missed. */
const followStatement = ({ entries, journal }: Tables): string =>
  `SELECT (from_epoch, from_tx, from_seq) < (trimmed_epoch, trimmed_tx, trimmed_seq),
    (from_epoch, from_tx) > (journal.epoch, ${NEXT}),
    subject, version, at, body, concat_ws('.', line.epoch, tx, seq)
  FROM ${journal} AS journal
  CROSS JOIN (SELECT $1::integer, $2::xid8, $3::bigint) AS asked (from_epoch, from_tx, from_seq)
  LEFT JOIN LATERAL (
    SELECT * FROM ${entries} AS entry
    WHERE (entry.epoch, tx, seq) > (from_epoch, from_tx, from_seq) AND (entry.epoch, tx) < (journal.epoch, ${OPEN})
    ORDER BY entry.epoch, tx, seq LIMIT $4
  ) AS line ON true ORDER BY line.epoch, tx, seq`;

/** Trims what `found` finds, which is lines by their keys, and remembers the last; does nothing while another process does so. */
const trimStatement = ({ entries, journal }: Tables, found: string): string =>
  `WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${0x75736572}, '${entries}'::regclass::oid::integer) AS mine),
  found AS MATERIALIZED (${found}),
  removed AS (DELETE FROM ${entries} AS line USING found
    WHERE line.subject = found.subject AND line.version = found.version RETURNING epoch, tx, seq),
  kept AS (UPDATE ${journal} SET (trimmed_epoch, trimmed_tx, trimmed_seq) = (last.epoch, last.tx, last.seq)
    FROM (SELECT * FROM removed ORDER BY epoch DESC, tx DESC, seq DESC LIMIT 1) AS last
    WHERE (last.epoch, last.tx, last.seq) > (trimmed_epoch, trimmed_tx, trimmed_seq))
  SELECT count(*) FROM removed`;

/** Binds a moment and the limit. Who is being erased is left out, so that nobody waits. */
const trimOld = (tables: Tables): string =>
  trimStatement(
    tables,
    `SELECT subject, version FROM (SELECT subject, version, at FROM ${tables.entries} WHERE (SELECT mine FROM turn)
      ORDER BY epoch, tx, seq LIMIT $2 FOR UPDATE SKIP LOCKED) AS oldest WHERE at < $1`,
  );

/** Binds subjects, and how many lines of each stay. */
const trimMany = (tables: Tables): string =>
  trimStatement(
    tables,
    `SELECT asked.subject, old.version FROM unnest($1::text[]) AS asked (subject), LATERAL (
      SELECT version FROM ${tables.entries} AS line WHERE line.subject = asked.subject AND (SELECT mine FROM turn)
      ORDER BY version DESC OFFSET $2 FOR UPDATE SKIP LOCKED) AS old`,
  );

/** What the journal needs. */
export interface JournalOptions {
  readonly run: Run;
  readonly tables: Tables;
  /** Is done before lines are written or read for the first time. */
  readonly begin: () => Promise<void>;
  /** Does work as every method of the store does it. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
}

const toEntry = ([subject, version, at, body]: readonly unknown[]): StoredEntry => ({
  subject: String(subject),
  version: Number(version),
  at: Number(at),
  body: String(body),
});

const toPosition = (after: string): readonly string[] => {
  if (after === "") return START;
  const [, ...numbers] = POSITION.exec(after) ?? [];
  if (numbers.length === 0) throw invalidPosition();
  return numbers;
};

/** Begins a new epoch if the lines are of another server, as after a dump was restored. */
export const beginEpoch = async (run: Run, tables: Tables): Promise<void> => {
  const { journal } = tables;
  const text = `SELECT ${isRestored(tables)} FROM ${journal} AS journal`;
  const [row] = await run({ text, values: [] });
  if (row?.[0] !== "t") return;
  const next = `UPDATE ${journal} AS journal SET epoch = epoch + 1 WHERE ${isRestored(tables)}`;
  await run({ text: `${LOCK}\n${next}` });
};

export const journalOf = ({ run, tables, begin, attempt }: JournalOptions): Journal => {
  const { entries, erasures, journal } = tables;
  const send = (text: string, ...values: unknown[]): ReturnType<Run> =>
    attempt(async () => {
      await begin();
      return run({ text, values });
    });
  const one = async (text: string, ...values: unknown[]): Promise<unknown> =>
    (await send(text, ...values))[0]?.[0];

  const read: Journal["read"] = async ({ subject, before, limit }) => {
    const text = `SELECT subject, version, at, body FROM ${entries} WHERE subject = $1 AND version < $2
      ORDER BY version DESC LIMIT $3`;
    return (await send(text, subject, before, limit)).map(toEntry);
  };
  const follow: Journal["follow"] = async (after, limit) => {
    const rows = await send(followStatement(tables), ...toPosition(after), limit);
    const [isTrimmed, isForeign] = rows[0] ?? [];
    if (isForeign === "t") throw invalidPosition();
    if (isTrimmed === "t" && after !== "") throw positionTrimmed();
    return rows.flatMap(([, , ...line]): PlacedEntry[] =>
      line[0] === null ? [] : [{ ...toEntry(line), position: String(line[4]) }],
    );
  };
  const findErasures: Journal["erasures"] = async (digest) => {
    const rows = await send(`SELECT at, body FROM ${erasures} WHERE digest = $1 ORDER BY at`, digest);
    return rows.map(([at, body]) => ({ digest, at: Number(at), body: String(body) }));
  };
  return {
    ...{ read, follow, erasures: findErasures },
    end: async () => String(await one(`SELECT concat_ws('.', epoch, ${OPEN}, 0) FROM ${journal}`)),
    trim: async (before, limit) => Number(await one(trimOld(tables), before, limit)),
    async trimSubjects(subjects, most) {
      await send(trimMany(tables), subjects, most);
    },
    salt: async () => String(await one(`SELECT salt FROM ${journal}`)),
  };
};
