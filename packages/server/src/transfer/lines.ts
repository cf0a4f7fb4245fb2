import { UserMetadataError } from "@usermeta/core";

/** A piece of text and where it stands. */
export interface Piece {
  readonly text: string;
  /** The number of the line, or of the entry in a list; from 1. */
  readonly number: number;
}

/** More than any document can take; what is longer is not a line of an export, and would fill the memory. */
export const MAX_CHARACTERS: number = 8 * 1024 * 1024;

/** The error for a piece that does not end. */
export const tooLong = (what: string, most: number = MAX_CHARACTERS): UserMetadataError =>
  new UserMetadataError(
    "json_invalid",
    `${what} is longer than ${most} characters. Give NDJSON, one user a line, or a JSON array of users.`,
  );

/** Whether there is more than JSON's white space (RFC 8259, section 2). */
export const hasText = (text: string): boolean => /[^ \t\r\n]/.test(text);

/** As much with the history of a user. */
export const MAX_WITH_HISTORY: number = 8 * MAX_CHARACTERS;

/** The lines of a text that comes in chunks; empty ones are left out. */
export async function* splitLines(
  chunks: AsyncIterable<string>,
  most: number = MAX_CHARACTERS,
): AsyncGenerator<Piece> {
  let rest = "";
  let number = 0;
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      number += 1;
      if (hasText(text)) yield { text, number };
    }
    if (rest.length > most) throw tooLong(`Line ${number + 1}`, most);
  }
  if (hasText(rest)) yield { text: rest, number: number + 1 };
}
