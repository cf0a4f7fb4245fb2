import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "./schema.ts";
import type { Tables } from "./tables.ts";

/** How long is asked what became of a statement whose answer was lost, before its callers are told that nobody knows. */
const PATIENCE_MS = 10_000;
const LONGEST_PAUSE_MS = 500;
/** How long the outcome of a statement is kept: longer than any statement runs, by clocks that differ. */
const KEPT_MS = 3_600_000;
/** The old ones are forgotten with the first statement of a process, which may be short-lived, and then with each 1,000th. */
const FORGET_EVERY = 1000;

/**
 * Binds the id of a statement; answers whose swaps were lost, or null if it wrote nothing, and then never will. Waits for
 * it if it is under way. It writes in either case: so its own commit waits, as that of the statement should have, until a
 * synchronous standby has both.
 */
const askStatement = ({ writes }: Tables): string =>
  `INSERT INTO ${writes} AS asked (id) VALUES ($1)
    ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING array_to_json(asked.lost)`;

/**
 * Binds an id: forgets up to 10,000 statements of before, and versions that were removed other than the greatest, but none
 * that another process is forgetting.
 */
const forgetStatement = ({ writes }: Tables): string =>
  `WITH statements AS (DELETE FROM ${writes} WHERE id IN
    (SELECT id FROM ${writes} WHERE id < $1 ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED))
  DELETE FROM ${writes} WHERE id IN
    (SELECT id FROM ${writes} WHERE removed < (SELECT max(removed) FROM ${writes})
      ORDER BY removed LIMIT 10000 FOR UPDATE SKIP LOCKED)`;

/** The users whose swaps were lost. `null`: nothing was written. */
type Lost = readonly string[] | null;

/** What asking needs. */
export interface OutcomesOptions {
  /** Rejects if the commit may not be on a synchronous standby. */
  readonly run: Run;
  readonly tables: Tables;
  /** Ends all asking. */
  readonly closing: AbortSignal;
}

/** Finds out whether a statement wrote, even if its answer was lost. */
export interface Outcomes {
  /** An id for a statement, which comes after those of before. */
  next(): string;
  /** Finds out what became of a statement; rejects with `error` if that cannot be found out in time. */
  find(id: string, error: unknown): Promise<Lost>;
}

/** 48 bits of time and 80 of chance, as a UUID of version 7 has them, so that new rows are neighbours. */
const idAt = (time: number): string => time.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");

export const outcomesOf = ({ run, tables, closing }: OutcomesOptions): Outcomes => {
  let statements = 0;

  const forget = (): void => {
    const text = forgetStatement(tables);
    // They are forgotten the next time, by this process or another.
    run({ text, values: [idAt(Date.now() - KEPT_MS)] }).catch(() => undefined);
  };
  const ask = async (id: string): Promise<Lost> => {
    const [row] = await run({ text: askStatement(tables), values: [id] });
    return JSON.parse(String(row?.[0] ?? null));
  };

  return {
    next: () => {
      if (statements % FORGET_EVERY === 0) forget();
      statements += 1;
      return idAt(Date.now());
    },
    find: async (id, error) => {
      const deadline = performance.now() + PATIENCE_MS;
      for (
        let pauseMs = 10;
        performance.now() < deadline && !closing.aborted;
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      ) {
        try {
          return await ask(id);
        } catch {
          await sleep(pauseMs, undefined, { signal: closing }).catch(() => undefined);
        }
      }
      throw error;
    },
  };
};
