import type { UserMetadataError } from "@usermeta/core";
import { type StoreFault as Fault, type StoreFaults, storeFaults } from "@usermeta/core/storing";

const BUSY: Fault = [
  "store_busy",
  "another connection has it locked",
  "Try again; keep other transactions on it short, or raise busyTimeoutMs.",
];
const IN_TRANSACTION: Fault = [
  "store_busy",
  "the connection is inside a transaction that the app has open",
  "Commit it before metadata is read or written, or give the store a connection of its own.",
];
const UNAVAILABLE: Fault = [
  "store_unavailable",
  "the operation failed",
  "See the cause; check that the connection is open and that its disk works.",
];

/** By primary result code, https://sqlite.org/rescode.html. */
const FAULTS: Readonly<Record<string, Fault>> = {
  BUSY,
  LOCKED: BUSY,
  READONLY: [
    "store_read_only",
    "it is read-only",
    "Let this process write the file and its folder, or open the connection for writing.",
  ],
  CORRUPT: [
    "store_corrupt",
    "the file is damaged",
    "Stop writing to it; restore a backup, or salvage what there is with the sqlite3 tool's .recover.",
  ],
  NOTADB: [
    "store_corrupt",
    "the file is not a SQLite database, or is encrypted",
    "Check the path; restore a backup if the file was overwritten.",
  ],
  FULL: [
    "store_full",
    "there is no space left for it",
    "Nothing was written. Free space on its disk, or raise its max_page_count.",
  ],
  CANTOPEN: [
    "store_unavailable",
    "the file cannot be opened",
    "Check that this process may read and write the file and its folder.",
  ],
};

const PRIMARY_CODES: Readonly<Record<number, string>> = {
  5: "BUSY",
  6: "LOCKED",
  8: "READONLY",
  11: "CORRUPT",
  13: "FULL",
  14: "CANTOPEN",
  26: "NOTADB",
};

/** `errcode` (extended, a number) is `node:sqlite`'s; `code` ("SQLITE_BUSY_SNAPSHOT") is `better-sqlite3`'s. */
const primaryCode = (error: object): string | undefined => {
  if ("errcode" in error && typeof error.errcode === "number") return PRIMARY_CODES[error.errcode & 0xff];
  if (!("code" in error) || typeof error.code !== "string") return undefined;
  return /^SQLITE_([A-Z]+)/.exec(error.code)?.[1];
};

const faultOf = (error: unknown): Fault => {
  if (!(error instanceof Error)) return UNAVAILABLE;
  // Has no code of its own, and `isTransaction` is missing before Node 22.16.
  if (error.message.includes("within a transaction")) return IN_TRANSACTION;
  return FAULTS[primaryCode(error) ?? ""] ?? UNAVAILABLE;
};

/** The errors of either driver, by what happened. `where` is the name of the file. */
const faults = storeFaults((where) => `SQLite database "${where}"`, faultOf);
export const storeFault: StoreFaults["toError"] = faults.toError;
export const toStoreError: StoreFaults["fromDriver"] = faults.fromDriver;
export const corruptDocument: StoreFaults["corruptDocument"] = faults.corruptDocument;

/** The error of whatever is asked after `close()`. */
export const closedFault = (where: string): UserMetadataError =>
  storeFault(["store_unavailable", "the store is closed", "Make a new one with sqliteStore()."], where);
