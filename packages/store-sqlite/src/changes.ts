import type { Swap } from "@usermeta/core";
import { columnsOf, type SqliteConnection, type SqliteStatement, type Transaction } from "./connection.ts";
import { versionsOf } from "./documents.ts";
import type { EncodedChange } from "./lines.ts";

/** Told of writes: of which users, and the version that each has now. */
export type Listener = (versions: ReadonlyMap<string, number> | undefined) => void;

/** Tells of what is written through a connection and through others. */
export interface Changes {
  /** As `Store.subscribe` has it. */
  subscribe(changed: Listener): () => boolean;
  /** Tells of what this connection wrote, of which SQLite does not tell it. */
  wrote(changes: readonly EncodedChange[], swapped: readonly Swap[]): void;
  /** Tells nobody any more. */
  end(): void;
}

/** Several stores may be given one connection. */
const LISTENERS = new WeakMap<SqliteConnection, Set<Listener>>();

export const changesOf = (connection: SqliteConnection, transaction: Transaction): Changes => {
  const own = new Set<Listener>();
  const all = LISTENERS.get(connection) ?? new Set();
  LISTENERS.set(connection, all);
  let ended = false;
  let pragma: SqliteStatement | undefined;
  /** Another number after each commit of another connection, https://sqlite.org/pragma.html#pragma_data_version. */
  const dataVersion = (): number => {
    pragma ??= connection.prepare("PRAGMA data_version");
    const statement = pragma;
    // In a transaction, so that it fails if a read would fail: within a transaction of the app's the number would stay as it was.
    return transaction("BEGIN", () => Number(columnsOf(statement.get())?.[0]));
  };

  return {
    subscribe: (changed) => {
      own.add(changed);
      all.add(changed);
      let seen: number | undefined;
      return () => {
        if (ended) return false;
        try {
          const now = dataVersion();
          if (now !== seen) changed(undefined);
          seen = now;
          return true;
        } catch {
          // The read that follows says what is wrong, or waits for the lock.
          return false;
        }
      };
    },
    wrote: (changes, swapped) => {
      if (all.size === 0) return;
      const versions = versionsOf(changes, swapped);
      for (const changed of all) changed(versions);
    },
    end: () => {
      ended = true;
      for (const changed of own) all.delete(changed);
    },
  };
};
