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

/** Binds the id of a statement. Waits for it if it is under way; if it has not written, it never will. */
const forbidStatement = ({ writes }: Tables): string =>
  `INSERT INTO ${writes} (id) VALUES ($1) ON CONFLICT DO NOTHING`;

/** Binds the id of a statement. `lost` is null if it was forbidden. */
const outcomeStatement = ({ writes }: Tables): string =>
  `SELECT array_to_json(lost) FROM ${writes} WHERE id = $1`;

/** Binds an id: forgets up to 10,000 statements of before, other than those that another process is forgetting. */
const forgetStatement = ({ writes }: Tables): string =>
  `DELETE FROM ${writes} WHERE id IN
    (SELECT id FROM ${writes} WHERE id < $1 ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED)`;

/** What a statement's answer, or its row, says: the users whose swaps were lost. `null`: nothing was written. */
type Lost = readonly string[] | null;

/** Finds out whether a statement wrote, even if its answer was lost. */
export interface Outcomes {
  /** An id for a statement, which comes after those of before. */
  next(): string;
  /** Finds out what became of a statement; rejects with `error` if that cannot be found out in time. */
  find(id: string, error: unknown): Promise<Lost>;
}

/** 48 bits of time and 80 of chance, as a UUID of version 7 has them, so that new rows are neighbours. */
const idAt = (time: number): string => time.toString(16).padStart(12, "0") + randomBytes(10).toString("hex");

export const lostOf = (rows: readonly (readonly unknown[])[]): Lost =>
  JSON.parse(String(rows[0]?.[0] ?? null));

export const outcomesOf = (run: Run, tables: Tables): Outcomes => {
  let statements = 0;

  const forget = (): void => {
    const text = forgetStatement(tables);
    // They are forgotten the next time, by this process or another.
    run({ text, values: [idAt(Date.now() - KEPT_MS)] }).catch(() => undefined);
  };
  const ask = async (id: string): Promise<Lost> => {
    await run({ text: forbidStatement(tables), values: [id] });
    return lostOf(await run({ text: outcomeStatement(tables), values: [id] }));
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
        performance.now() < deadline;
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      ) {
        try {
          return await ask(id);
        } catch {
          await sleep(pauseMs);
        }
      }
      throw error;
    },
  };
};
