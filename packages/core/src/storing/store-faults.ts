import { type ErrorCode, type ErrorDetails, UserMetadataError } from "../errors.ts";

/** A failure of a database: its code, what happened, and what to do. */
export type StoreFault = readonly [
  code: Exclude<ErrorCode, keyof ErrorDetails>,
  happened: string,
  todo: string,
];

/** How a store tells of its failures. */
export interface StoreFaults {
  /** The error of a failure. `where` names the file or the table. */
  toError(fault: StoreFault, where: string, cause?: unknown): UserMetadataError;
  /** What a driver threw, as an error with that as its `cause`. An error that is ours already stays as it is. */
  fromDriver(error: unknown, where: string): UserMetadataError;
  /**
   * The error of a user's document that cannot be read: `document_corrupt`, with which the engine can replace it. If its
   * version cannot be read either, `store_corrupt`.
   */
  corruptDocument(stored: CorruptDocument, where: string, cause: unknown): UserMetadataError;
}

/** What is known of a document that cannot be read. */
export interface CorruptDocument {
  /** Names the user in the text. */
  readonly digest: string;
  /** As it is stored: a number, a text or a bigint. */
  readonly version: unknown;
}

/**
 * Makes the errors of a store. Their messages never hold a text of the driver, which may quote a value.
 * @param title names the file or the table at the beginning of a message
 * @param faultOf finds the failure that a driver's error means
 *
 * @example
 * ```ts
 * import { storeFaults } from "@usermeta/core/storing";
 *
 * const { fromDriver } = storeFaults(
 *   (where) => `Valkey key ${where}`,
 *   () => ["store_busy", "it is locked", "Try again."],
 * );
 * console.log(fromDriver(new Error("BUSY jane"), "users").message); // Valkey key users: it is locked. Try again.
 * ```
 */
export const storeFaults = (
  title: (where: string) => string,
  faultOf: (error: unknown) => StoreFault,
): StoreFaults => {
  const toError: StoreFaults["toError"] = ([code, happened, todo], where, cause) =>
    new UserMetadataError(
      code,
      `${title(where)}: ${happened}. ${todo}`,
      cause === undefined ? undefined : { cause },
    );
  return {
    toError,
    fromDriver: (error, where) =>
      UserMetadataError.is(error) ? error : toError(faultOf(error), where, error),
    corruptDocument: ({ digest, version: stored }, where, cause) => {
      const version = Number(stored);
      const what = `the document of the user with the digest ${digest} cannot be read`;
      if (!Number.isSafeInteger(version) || version < 1)
        return toError(["store_corrupt", what, "Correct or delete its row."], where, cause);
      return new UserMetadataError(
        "document_corrupt",
        `${title(where)}: ${what}. Replace all three tiers, clear it, or correct its row.`,
        { cause, details: { version } },
      );
    },
  };
};
