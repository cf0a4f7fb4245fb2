import { versionMismatch } from "../errors.ts";
import type { MetadataDocument } from "./document.ts";

/** What a stored document must be for a write to happen: throws if it is not so. */
export type Condition = (current: MetadataDocument) => void;

/** Versions, or `"*"`: any document that is stored. 0 is the version of a user for whom nothing is stored. */
export type Versions = readonly number[] | "*";

/** The conditions that `ifVersion`, `If-Match` and `If-None-Match` ask for. */
export interface VersionCondition {
  /** The document must have one of these. */
  readonly match?: Versions | undefined;
  /** The document must have none of these. */
  readonly noneMatch?: Versions | undefined;
}

/** A condition on the version. It @throws UserMetadataError `version_mismatch` */
export const requireVersion =
  ({ match, noneMatch }: VersionCondition): Condition =>
  ({ version }) => {
    const holds =
      (match === undefined || isAmong(match, version)) &&
      (noneMatch === undefined || !isAmong(noneMatch, version));
    if (!holds) throw versionMismatch(version);
  };

/** Whether a version is one of those. */
export const isAmong = (versions: Versions, version: number): boolean =>
  versions === "*" ? version > 0 : versions.includes(version);
