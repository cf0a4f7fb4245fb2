import { toUtf8 } from "../document/json.ts";
import { invalidOption, UserMetadataError } from "../errors.ts";

const MIN_LENGTH = 16;

/** Printable ASCII without a blank at either end: what a header can carry, and its readers leave as it is. */
const SENDABLE = /^[!-~]([ -~]*[!-~])?$/;

/**
 * Lets a server-to-server caller through, and says which of the keys it has.
 * It @throws UserMetadataError `admin_key_missing`, `admin_key_invalid`
 */
export type AdminCheck = (presented: string | undefined) => Promise<number>;

/**
 * A check against the configured keys. Digests are compared, all of them and each to its end, so that the time taken
 * tells nothing of a key.
 * @throws UserMetadataError `options_invalid`
 */
export const createAdminCheck = (keys: readonly (string | undefined)[]): AdminCheck => {
  if (!Array.isArray(keys)) throw invalidOption("adminKeys is not a list; write it as [key]");
  keys.forEach(checkKey);
  const digests = Promise.all((keys as readonly string[]).map(digest));
  return async (presented) => {
    if (presented === undefined) throw missing();
    const found = await digest(presented);
    const matches = (await digests).map((expected) => equals(expected, found));
    const index = matches.indexOf(true);
    if (index < 0) throw invalid();
    return index;
  };
};

const checkKey = (key: string | undefined, index: number): void => {
  const fault = findFault(key);
  if (fault === undefined) return;
  throw invalidOption(
    `adminKeys[${index}] is ${fault}; give a random string of at least ${MIN_LENGTH} characters`,
  );
};

const findFault = (key: string | undefined): string | undefined => {
  if (key === undefined) return "undefined: its environment variable may not be set";
  if (typeof key !== "string" || key.length < MIN_LENGTH) return "too short";
  return SENDABLE.test(key) ? undefined : "not printable ASCII, or begins or ends with a blank";
};

const digest = async (text: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", toUtf8(text)));

const equals = (a: Uint8Array, b: Uint8Array): boolean => {
  let difference = 0;
  a.forEach((byte, index) => {
    difference |= byte ^ (b[index] as number);
  });
  return difference === 0;
};

const missing = (): UserMetadataError =>
  new UserMetadataError(
    "admin_key_missing",
    "This route needs an admin key. Send Authorization: Bearer <key>.",
  );

const invalid = (): UserMetadataError =>
  new UserMetadataError("admin_key_invalid", "The bearer is not one of the admin keys.");
