/** Base64url as an encoder writes it (RFC 7515, section 2): no padding, no white space, no bits beyond the last byte. */
const CANONICAL = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;

/**
 * Whether a text is three parts of base64url in the one spelling that an encoder writes. Decoders of tokens accept
 * others too, which would be further tokens of the same session.
 *
 * @example
 * ```ts
 * import { isCanonicalToken } from "@usermeta/core";
 *
 * console.log(isCanonicalToken("e30.e30.AA"), isCanonicalToken("e30.e30.AA==")); // true false
 * ```
 */
export const isCanonicalToken = (text: string): boolean => {
  const parts = text.split(".");
  return parts.length === 3 && parts.every((part) => CANONICAL.test(part));
};
