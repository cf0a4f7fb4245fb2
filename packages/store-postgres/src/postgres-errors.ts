import { createHash } from "node:crypto";
import type { UserMetadataError } from "@usermeta/core";
import { type StoreFault as Fault, type StoreFaults, storeFaults } from "@usermeta/core/storing";

const READ_ONLY: Fault = [
  "store_read_only",
  "the server is read-only",
  "Connect to the primary server; this one is a replica, or its default_transaction_read_only is on.",
];
const BUSY: Fault = [
  "store_busy",
  "the server cancelled the statement, which took too long",
  "Try again; look for long transactions on this table, or raise statement_timeout and lock_timeout.",
];
const LOCKED = "55P03";
const POOL_EXHAUSTED: Fault = [
  "store_busy",
  "no connection came free in time",
  "Try again; look for connections that the app does not release, or make its pool larger.",
];
const CORRUPT: Fault = [
  "store_corrupt",
  "the server reports damaged data",
  "Stop writing to it and look into the server's log; restore a backup.",
];
const LOST: Fault = [
  "store_unavailable",
  "the connection failed, or was lost before the answer came",
  "Whether a write that was sent took place is not known. Check the address, the credentials and that the server runs; the cause says more.",
];
const UNPREPARED: Fault = [
  "options_invalid",
  "a pooler changed the connection between two statements, so that the server lost one that was prepared, or had it already",
  "Nothing was written. Set prepare: false, or give PgBouncer max_prepared_statements, which it has since 1.21.",
];
const UNKNOWN: Fault = [
  "internal_error",
  "the server refused the statement",
  "Nothing was written. See the cause, and compare the table with what this package makes.",
];

/** A statement was committed, but the wait for a synchronous standby was cancelled, which may not have it. */
export class UnconfirmedError extends Error {}

/** By SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html, or by its class. */
const FAULTS: Readonly<Record<string, Fault>> = {
  "25006": READ_ONLY,
  "42501": [
    "store_read_only",
    "the role lacks a privilege on it",
    "Grant SELECT, INSERT, UPDATE and DELETE on it and on its _writes, and SELECT on its _schema; for a history, the four on its _entries, _erasures and _journal too; to make them, CREATE on the schema.",
  ],
  "26000": UNPREPARED,
  "42P05": UNPREPARED,
  "53100": ["store_full", "the server's disk is full", "Nothing was written. Free space on it."],
  "53": [
    "store_busy",
    "the server is short of connections or memory",
    "Try again, or use fewer connections.",
  ],
  [LOCKED]: BUSY,
  "57014": BUSY,
  XX001: CORRUPT,
  XX002: CORRUPT,
  "40": ["store_busy", "another transaction was in the way", "Try again; nothing was written."],
  // The connection, a shutdown of the server, and a transaction of which even the server does not know how it ended.
  "08": LOST,
  "40003": LOST,
  "57": LOST,
};

/** The SQLSTATE of an answer of the server's that says that the statement had no effect; an `ERROR` rolls back. */
const stateOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  // FATAL: the session ended, which may be after the statement has been committed.
  const state = String(error.code);
  return error.severity === "ERROR" || state.startsWith("53") ? state : undefined;
};

const faultOf = (error: unknown): Fault => {
  // pg-pool gives it no code.
  if (error instanceof Error && error.message === "timeout exceeded when trying to connect")
    return POOL_EXHAUSTED;
  const state = stateOf(error);
  if (state === undefined) return LOST;
  return FAULTS[state] ?? FAULTS[state.slice(0, 2)] ?? UNKNOWN;
};

/** Whether a write was rolled back because of another transaction: as if all its swaps had been lost. */
export const isOvertaken = (error: unknown): boolean => ["40001", "40P01"].includes(stateOf(error) ?? "");

/** Whether a statement was rolled back because it waited too long for a lock. */
export const isLocked = (error: unknown): boolean => stateOf(error) === LOCKED;

/** Whether a statement was not done, because the session does not know it by the name it was to be prepared under. */
export const isUnprepared = (error: unknown): boolean => stateOf(error) === "26000";

/** Whether the answer to a statement was lost, so that nobody can tell from it what became of the statement. */
export const isLost = (error: unknown): boolean => faultOf(error) === LOST;

/** The errors of `pg`, by what happened. `where` is the name of the table. */
const faults = storeFaults((where) => `PostgreSQL table ${where}`, faultOf);
export const storeFault: StoreFaults["toError"] = faults.toError;
export const toStoreError: StoreFaults["fromDriver"] = faults.fromDriver;
export const corruptDocument: StoreFaults["corruptDocument"] = faults.corruptDocument;

/** Names a user in a text, which goes into logs: a user id may be an e-mail address. `docs/errors.md` says how to find it. */
export const digestOf = (userId: string): string =>
  createHash("sha256").update(userId).digest("hex").slice(0, 12);

/** A change that is not applied, because another transaction has not ended. */
export const locked = (userId: string, where: string): UserMetadataError =>
  storeFault(
    [
      "store_busy",
      `another transaction has locked the row of the user with the digest ${digestOf(userId)}`,
      "Nothing was written. Try again; look for long transactions on this table.",
    ],
    where,
  );
