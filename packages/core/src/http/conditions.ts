import { type Condition, isAmong, requireVersion, type Versions } from "../document/condition.ts";
import { UserMetadataError } from "../errors.ts";
import type { Write } from "../storing/write.ts";
import type { RequestView } from "../transport/request-view.ts";
import type { RouteCall } from "./route.ts";

/** The strong entity tag of a version (RFC 9110, section 8.8.3). */
export const toETag = (version: number): string => `"${version}"`;

/**
 * Whether a read may be answered with a 304 (RFC 9110, section 13.1.2).
 * @throws UserMetadataError `condition_invalid`
 */
export const isNotModified = (request: RequestView, version: number): boolean => {
  const versions = readVersions(request, "if-none-match");
  return versions !== undefined && isAmong(versions, version);
};

/**
 * Reads the condition of a write (RFC 9110, sections 13.1.1 and 13.1.2); `undefined` if the request has none.
 * @throws UserMetadataError `condition_invalid`
 */
const readCondition = (request: RequestView): Condition | undefined => {
  const match = readVersions(request, "if-match");
  const noneMatch = readVersions(request, "if-none-match");
  if (match === undefined && noneMatch === undefined) return undefined;
  return requireVersion({ match, noneMatch });
};

/** What a request says of how it is written, and by whom. @throws UserMetadataError `condition_invalid` */
export const readWriteOptions = ({
  request,
  author,
}: Pick<RouteCall, "request" | "author">): Pick<Write, "by" | "reason" | "condition" | "signal"> => ({
  ...author,
  condition: readCondition(request),
  signal: request.signal,
});

const ENTITY_TAG = /(?:W\/)?"[\u0021\u0023-\u007e\u0080-\u00ff]*"/g;

/** The versions that a header names. `If-Match` compares strongly, so that a weak tag names none there. */
const readVersions = (request: RequestView, name: "if-match" | "if-none-match"): Versions | undefined => {
  const header = request.header(name)?.trim();
  if (header === undefined || header === "*") return header;
  // A header cannot hold U+0000, so that it can stand for a tag.
  if (!/^\0([ \t]*,[ \t]*\0)*$/.test(header.replace(ENTITY_TAG, "\0"))) throw malformed(name);
  const tags = header.match(ENTITY_TAG) ?? [];
  return tags.flatMap((tag) => toVersion(name === "if-match" ? tag : tag.replace("W/", "")));
};

/** The version of a strong tag; none if the tag is not one that `toETag` makes. */
const toVersion = (tag: string): number[] => {
  const version = Number(tag.slice(1, -1));
  return toETag(version) === tag ? [version] : [];
};

const malformed = (name: string): UserMetadataError =>
  new UserMetadataError(
    "condition_invalid",
    `The header ${name} is malformed. Send an ETag with its quotes, a list of ETags, or *.`,
  );
