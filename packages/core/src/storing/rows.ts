import type { MetadataDocument } from "../document/document.ts";

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
  public: parsed(row[0]) as MetadataDocument["public"],
  private: parsed(row[1]) as MetadataDocument["private"],
  unsafe: parsed(row[2]) as MetadataDocument["unsafe"],
  claims: parsed(row[3]) as MetadataDocument["claims"],
  version: Number(row[4]),
  createdAt: Number(row[5]),
  updatedAt: Number(row[6]),
  claimsVersion: Number(row[7] ?? row[4]),
});

const parsed = (text: unknown): object => {
  const value: unknown = JSON.parse(String(text));
  if (typeof value !== "object" || value === null) throw new SyntaxError("not a JSON object");
  return value;
};
