import { UserMetadataError } from "@usermeta/core";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes a text of which each character is a byte, for a look at it: what is not UTF-8 becomes U+FFFD. */
export const decodeLoosely = (binary: string): string => Buffer.from(binary, "latin1").toString("utf8");

/**
 * Decodes a text of which each character is a byte.
 * @throws UserMetadataError `json_invalid` if the bytes are not UTF-8
 */
export const decodeUtf8 = (binary: string): string => {
  try {
    return UTF8.decode(Buffer.from(binary, "latin1"));
  } catch {
    throw new UserMetadataError("json_invalid", "It is not UTF-8. Save it in that encoding.");
  }
};
