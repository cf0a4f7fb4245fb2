import type { MetadataDocument } from "../document/document.ts";
import { UserMetadataError } from "../errors.ts";
import type { RequestView } from "../transport/request-view.ts";

/** The strong entity tag of a version (RFC 9110, section 8.8.3). */
export const toETag = (version: number): string => `"${version}"`;

const ENTITY_TAG = /(?:W\/)?"[\u0021\u0023-\u007e\u0080-\u00ff]*"/g;

/** The tags of a condition header, `"*"`, or `undefined` where it is absent. */
const readTags = (request: RequestView, name: string): readonly string[] | "*" | undefined => {
  const header = request.header(name)?.trim();
  if (header === undefined || header === "*") return header;
  // A header cannot hold U+0000, so that it can stand for a tag.
  if (/^\0([ \t]*,[ \t]*\0)*$/.test(header.replace(ENTITY_TAG, "\0"))) return header.match(ENTITY_TAG) ?? [];
  throw new UserMetadataError(
    "condition_invalid",
    `The header ${name} is malformed. Send an ETag with its quotes, a list of such, or *.`,
  );
};

/** Whether a read may be answered 304: `If-None-Match` compares weakly (RFC 9110, section 13.1.2). */
export const isNotModified = (request: RequestView, version: number): boolean => {
  const tags = readTags(request, "if-none-match");
  return matches(tags, version, true);
};

/** What the request's `If-Match` and `If-None-Match` demand of the document before it may be written. */
export type Precondition = (current: MetadataDocument) => void;

/**
 * Reads the conditions of a write (RFC 9110, sections 13.1.1 and 13.1.2).
 * @throws UserMetadataError `condition_invalid`; the precondition throws `version_mismatch`
 */
export const readPrecondition = (request: RequestView): Precondition => {
  const match = readTags(request, "if-match");
  const noneMatch = readTags(request, "if-none-match");
  return ({ version }) => {
    const holds =
      (match === undefined || matches(match, version, false)) && !matches(noneMatch, version, true);
    if (!holds) throw versionMismatch(version);
  };
};

const matches = (tags: readonly string[] | "*" | undefined, version: number, weakly: boolean): boolean => {
  if (tags === undefined) return false;
  if (tags === "*") return version > 0;
  return tags.includes(toETag(version)) || (weakly && tags.includes(`W/${toETag(version)}`));
};

/** The document is not the one that the caller saw. */
export const versionMismatch = (version: number): UserMetadataError =>
  new UserMetadataError(
    "version_mismatch",
    `The metadata is at version ${version}. Nothing was written; read it again and repeat the change.`,
    { details: { version } },
  );
