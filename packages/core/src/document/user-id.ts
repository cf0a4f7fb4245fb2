import { UserMetadataError } from "../errors.ts";
import { kind } from "./json.ts";

/** As long as a `sub` may be (OpenID Connect Core, section 2). */
const MAX_LENGTH = 255;

/** C0, DEL and C1 controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** No character, or nothing beside dots. */
const ONLY_DOTS = /^\.*$/;

/**
 * Whether a value can be a user's id: 1 to 255 characters, which are code points; well-formed, no control characters,
 * not dots alone. A path segment of dots is resolved by many clients and servers before we see it, even if it is encoded
 * (WHATWG URL, 4.1).
 */
export const isUserId = (value: unknown): value is string =>
  typeof value === "string" &&
  (value.length <= MAX_LENGTH || (value.length <= 2 * MAX_LENGTH && [...value].length <= MAX_LENGTH)) &&
  !CONTROL.test(value) &&
  !ONLY_DOTS.test(value) &&
  value.isWellFormed();

/** @throws UserMetadataError `user_id_invalid` */
export const checkUserId = (value: unknown): string => {
  if (isUserId(value)) return value;
  throw new UserMetadataError(
    "user_id_invalid",
    `The user id ${faultOf(value)}. Pass a string of 1 to ${MAX_LENGTH} characters without control characters, not only dots.`,
  );
};

const faultOf = (value: unknown): string => {
  if (typeof value !== "string") return `is ${kind(value)}`;
  if (value === "") return "is empty";
  return ONLY_DOTS.test(value) ? "is only dots" : "is too long, or has characters that it may not have";
};
