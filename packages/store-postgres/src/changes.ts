import type { Change, MetadataDocument } from "@usermeta/core";
import { toRow } from "@usermeta/core/storing";

/** The columns that the function which writes takes of a change, in the order of its parameters. */
export const CHANGE_COLUMNS = [
  "user_id",
  "expected",
  "version",
  "public_metadata",
  "private_metadata",
  "unsafe_metadata",
  "claims",
  "created_at",
  "updated_at",
  "claims_version",
] as const;

/** A change as the values of its columns after the id. */
export interface EncodedChange {
  readonly userId: string;
  readonly values: readonly (string | number | null)[];
}

/**
 * An insert has in the place of `expected` 0, or less than 0 the least version that was given. A removal has no version,
 * and in the place of `updated_at` the greatest that was given. A document that was cleared before it was stored is
 * inserted and removed, so that it meets the insert of another process.
 */
export const encode = ({ userId, expected, next, least, greatest }: Change): EncodedChange => {
  const wanted = expected === 0 && least !== undefined && least !== next?.version ? -least : expected;
  if (next) return { userId, values: toValues(wanted, next) };
  const removed = greatest ?? expected;
  return { userId, values: [wanted, null, "{}", "{}", "{}", "[]", removed, removed, 0] };
};

const toValues = (expected: number, next: MetadataDocument): readonly (string | number)[] => {
  const [
    publicMetadata,
    privateMetadata,
    unsafeMetadata,
    claims,
    version,
    createdAt,
    updatedAt,
    claimsVersion,
  ] = toRow(next);
  const tiers = [publicMetadata, privateMetadata, unsafeMetadata];
  return [expected, version, ...tiers, claims, createdAt, updatedAt, claimsVersion];
};

/**
 * An array of numbers or of JSON texts as the server reads it. JSON has no raw control characters, so that all that is
 * escaped is what an array needs: quotes and backslashes. `pg` makes the same of it, at several times the cost.
 */
const arrayOf = (values: readonly (string | number | null)[]): string =>
  `{${JSON.stringify(values).slice(1, -1)}}`;

/** The arrays that `writeStatement` binds: one for each column, with a value for each change. */
export const columnsOf = (changes: readonly EncodedChange[]): unknown[] => [
  changes.map(({ userId }) => userId),
  ...CHANGE_COLUMNS.slice(1).map((_, column) => arrayOf(changes.map(({ values }) => values[column] ?? null))),
];
