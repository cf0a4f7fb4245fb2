import { invalidOption } from "../errors.ts";
import { isUserId } from "./user-id.ts";

/** Who writes. */
export interface Actor {
  /** `user`: by a session. `admin`: by an admin key. `app`: the app's own code. `import`: an import. */
  readonly kind: "user" | "admin" | "app" | "import";
  /** The user id, the name of the key, or what the app calls it: 1 to 255 characters. */
  readonly id: string;
  /** The dialect that it came by; `core` if by a method, `cli` if by a command. */
  readonly via: string;
}

/** Who writes, and why. */
export interface Author {
  readonly by: Actor;
  /** 256 characters at most. */
  readonly reason?: string | undefined;
}

/** What an app says of a write. */
export interface AuthorOptions {
  /**
   * Who writes, as the app calls it: a job, or who of its staff. 1 to 255 characters, no control characters, not only dots.
   * @default "app"
   */
  readonly by?: string | undefined;
  /** Why it is written, for the history: 1 to 256 characters, no control characters. */
  readonly reason?: string | undefined;
}

const MAX_REASON = 256;

/** Whether a text is a reason that the history keeps. */
export const isReason = (reason: unknown): reason is string =>
  typeof reason === "string" &&
  reason !== "" &&
  reason.length <= MAX_REASON &&
  reason.isWellFormed() &&
  !/\p{Cc}/u.test(reason);

/** The author that an app names. @throws UserMetadataError `options_invalid` */
export const toAuthor = ({ by = "app", reason }: AuthorOptions): Author => {
  if (!isUserId(by))
    throw invalidOption("by is not a name of 1 to 255 characters without control characters, not only dots");
  if (reason !== undefined && !isReason(reason))
    throw invalidOption("reason is not a text of 1 to 256 characters without control characters");
  return { by: { kind: "app", id: by, via: "core" }, reason };
};
