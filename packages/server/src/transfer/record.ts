import {
  type FoundDocument,
  type JsonObject,
  type JsonValue,
  type MetadataDocument,
  UserMetadataError,
} from "@usermeta/core";
import { suggest } from "../config/settings.ts";
import { type RecordedEntry, toEntries } from "./record-history.ts";

/** One user's document as a line of an export, by the names of the admin's view. */
export interface UserRecord {
  readonly userId: string;
  readonly publicMetadata: JsonObject;
  readonly privateMetadata: JsonObject;
  readonly unsafeMetadata: JsonObject;
  readonly claims: readonly string[];
  readonly version: number;
  /** @default the version, as in exports from before it was there */
  readonly claimsVersion?: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** The entries of the user's history, the oldest first. @default none */
  readonly history?: readonly RecordedEntry[];
}

const NAMES = [
  "userId",
  "publicMetadata",
  "privateMetadata",
  "unsafeMetadata",
  "claims",
  "version",
  "claimsVersion",
  "createdAt",
  "updatedAt",
  "history",
] as const satisfies readonly (keyof UserRecord)[];

const OPTIONAL: readonly (typeof NAMES)[number][] = ["claimsVersion", "history"];

/**
 * A document as a line of NDJSON, with its newline. Of one that cannot be read the line has the user and the code, so that
 * an import refuses it by its number.
 */
export const toLine = ({ userId, document }: FoundDocument, history?: readonly RecordedEntry[]): string => {
  if (UserMetadataError.is(document)) return `${JSON.stringify({ userId, error: document.code })}\n`;
  const record: UserRecord = {
    userId,
    publicMetadata: document.public,
    privateMetadata: document.private,
    unsafeMetadata: document.unsafe,
    claims: document.claims,
    version: document.version,
    claimsVersion: document.claimsVersion,
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    ...(history && { history }),
  };
  return `${JSON.stringify(record)}\n`;
};

/**
 * Reads a line of an export as far as its numbers and names go; the engine judges the rest.
 * @throws UserMetadataError `json_not_object`, `parameter_unknown`, `json_value_refused`
 */
export const toRecord = (value: JsonValue): UserRecord => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserMetadataError("json_not_object", "It is not a JSON object.", { details: { path: "" } });
  }
  const unknown = Object.keys(value).find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined) throw unknownName(unknown);
  for (const name of NAMES)
    if (!OPTIONAL.includes(name) && !Object.hasOwn(value, name)) throw refused(name, "is missing");
  for (const name of ["version", "claimsVersion", "createdAt", "updatedAt"]) {
    const number = value[name] ?? value.version ?? null;
    const least = name === "version" ? 1 : 0;
    if (!Number.isSafeInteger(number) || Number(number) < least)
      throw refused(name, `is not a whole number from ${least}`);
  }
  const history = toEntries(value.history, Number(value.version));
  return { ...(value as unknown as UserRecord), history };
};

/** The document of a record whose content has been checked. */
export const toDocument = (record: UserRecord): MetadataDocument => ({
  public: record.publicMetadata,
  private: record.privateMetadata,
  unsafe: record.unsafeMetadata,
  claims: record.claims,
  version: record.version,
  claimsVersion: record.claimsVersion ?? record.version,
  createdAt: record.createdAt,
  updatedAt: record.updatedAt,
});

const unknownName = (name: string): UserMetadataError =>
  new UserMetadataError(
    "parameter_unknown",
    `${JSON.stringify(name)} is not part of a record. ${suggest(name, NAMES)}For the export of another system give --from.`,
    { details: { parameter: name } },
  );

const refused = (name: string, what: string): UserMetadataError =>
  new UserMetadataError("json_value_refused", `${name} ${what}. Write it as \`usermeta export\` does.`, {
    details: { path: `/${name}` },
  });
