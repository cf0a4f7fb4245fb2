import type { MetadataDocument } from "../document/document.ts";
import { isJsonObject, type JsonObject } from "../document/json.ts";

/**
 * The columns of a document in a table, in the order of `toRow` and `fromRow`. A user id stands before them. A row from
 * before there was `claims_version` has null there, which is read as its version.
 */
export const DOCUMENT_COLUMNS = [
  "public_metadata",
  "private_metadata",
  "unsafe_metadata",
  "claims",
  "version",
  "created_at",
  "updated_at",
  "claims_version",
] as const;

/** The values of a document's columns. */
export type DocumentRow = [
  publicMetadata: string,
  privateMetadata: string,
  unsafeMetadata: string,
  claims: string,
  version: number,
  createdAt: number,
  updatedAt: number,
  claimsVersion: number,
];

/**
 * A document as the values of its columns: tiers and claims as JSON, the rest as numbers.
 *
 * @example
 * ```ts
 * import { fromRow, toRow } from "@usermeta/core/storing";
 *
 * const times = { version: 1, claimsVersion: 1, createdAt: 1, updatedAt: 1 };
 * const row = toRow({ public: { plan: "pro" }, private: {}, unsafe: {}, claims: [], ...times });
 * console.log(row[0], fromRow(row).public); // {"plan":"pro"} { plan: "pro" }
 * ```
 */
export const toRow = (document: MetadataDocument): DocumentRow => [
  JSON.stringify(document.public),
  JSON.stringify(document.private),
  JSON.stringify(document.unsafe),
  JSON.stringify(document.claims),
  document.version,
  document.createdAt,
  document.updatedAt,
  document.claimsVersion,
];

/**
 * The document in the values of its columns. Numbers may be texts or bigints.
 * @throws SyntaxError if the row was not written by `toRow`
 *
 * @example
 * ```ts
 * import { fromRow } from "@usermeta/core/storing";
 *
 * const document = fromRow(['{"plan":"pro"}', "{}", "{}", '["plan"]', "1", "1", "1", "1"]);
 * console.log(document.public, document.version); // { plan: "pro" } 1
 * ```
 */
export const fromRow = (row: readonly unknown[]): MetadataDocument => ({
  public: tierIn(row[0]),
  private: tierIn(row[1]),
  unsafe: tierIn(row[2]),
  claims: claimsIn(row[3]),
  version: Number(row[4]),
  createdAt: Number(row[5]),
  updatedAt: Number(row[6]),
  claimsVersion: Number(row[7] ?? row[4]),
});

const tierIn = (text: unknown): JsonObject => {
  const value = JSON.parse(String(text));
  if (!isJsonObject(value)) throw new SyntaxError("not a JSON object");
  return value;
};

const claimsIn = (text: unknown): readonly string[] => {
  const value: unknown = JSON.parse(String(text));
  if (!Array.isArray(value) || !value.every((key) => typeof key === "string"))
    throw new SyntaxError("not a JSON array of strings");
  return value;
};
