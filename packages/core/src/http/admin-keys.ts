import { toHex, toUtf8 } from "../document/json.ts";
import { isUserId } from "../document/user-id.ts";
import { invalidOption, UserMetadataError } from "../errors.ts";

const MIN_LENGTH = 16;
/** Digits of a digest that name a key. */
const DIGITS = 12;

/** Printable ASCII without a blank at either end: what a header can carry, and its readers leave as it is. */
const SENDABLE = /^[!-~]([ -~]*[!-~])?$/;

/** Keys of server-to-server callers by their names, or a list of keys that have none. */
export type AdminKeys = readonly (string | undefined)[] | Readonly<Record<string, string | undefined>>;

/** Which of the keys a caller has. */
export interface AdminKey {
  /** Its place among them. */
  readonly index: number;
  /** What the history calls it: its name, or the beginning of its digest. */
  readonly name: string;
}

/**
 * Lets a server-to-server caller through, and says which of the keys it has.
 * It @throws UserMetadataError `admin_key_missing`, `admin_key_invalid`
 */
export type AdminCheck = (presented: string | undefined) => Promise<AdminKey>;

/**
 * A check against the configured keys. Digests are compared, all of them and each to its end, so that the time taken
 * tells nothing of a key.
 * @throws UserMetadataError `options_invalid`
 */
export const createAdminCheck = (keys: AdminKeys): AdminCheck => {
  if (typeof keys !== "object" || keys === null)
    throw invalidOption("adminKeys is neither a list nor keys by name; write it as [key] or { name: key }");
  const isList = Array.isArray(keys);
  const named = Object.entries(keys).map(([name, key]) => [name, checkKey(name, key, isList)] as const);
  const digests = Promise.all(named.map(([, key]) => digest(key)));
  return async (presented) => {
    if (presented === undefined) throw missing();
    const found = await digest(presented);
    const matches = (await digests).map((expected) => equals(expected, found));
    const index = matches.indexOf(true);
    if (index < 0) throw invalid();
    return { index, name: isList ? toHex(found).slice(0, DIGITS) : (named[index]?.[0] as string) };
  };
};

const checkKey = (name: string, key: string | undefined, isList: boolean): string => {
  const where = isList ? `adminKeys[${name}]` : `adminKeys.${name}`;
  if (!isUserId(name))
    throw invalidOption(
      `${where} has no name that can be kept; give it 1 to 255 characters, no control characters`,
    );
  const fault = findFault(key);
  if (fault === undefined) return key as string;
  throw invalidOption(`${where} is ${fault}; give a random string of at least ${MIN_LENGTH} characters`);
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
