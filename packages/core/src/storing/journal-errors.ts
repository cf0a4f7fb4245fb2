import { UserMetadataError } from "../errors.ts";

/**
 * Lines that come after a position are gone.
 *
 * @example
 * ```ts
 * import { positionTrimmed } from "@usermeta/core/storing";
 *
 * console.log(positionTrimmed().status); // 410
 * ```
 */
export const positionTrimmed = (): UserMetadataError =>
  new UserMetadataError(
    "position_trimmed",
    "Entries of the history that come after this position have been trimmed. Read again what you keep, and follow from now on; or follow from the oldest entry that is left.",
  );

/**
 * The journal did not give this position.
 *
 * @example
 * ```ts
 * import { invalidPosition } from "@usermeta/core/storing";
 *
 * console.log(invalidPosition().code); // query_invalid
 * ```
 */
export const invalidPosition = (): UserMetadataError =>
  new UserMetadataError(
    "query_invalid",
    "This history did not give the position. Pass the position of an entry that you followed.",
  );

/** What was asked of the history cannot be answered. */
export const invalidHistoryQuery = (reason: string): UserMetadataError =>
  new UserMetadataError("query_invalid", `The history cannot be asked for this: ${reason}.`);
