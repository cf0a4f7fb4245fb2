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

/** A change as the values of its columns after the id, and what the journal keeps of it. */
export interface EncodedChange extends Pick<Change, "userId" | "entries" | "erasure"> {
  readonly values: readonly (string | number | null)[];
}

/**
 * An insert has in the place of `expected` 0, or less than 0 the least version that was given. A removal has no version,
 * and in the place of `updated_at` the greatest that was given. A document that was cleared before it was stored is
 * inserted and removed, so that it meets the insert of another process.
 */
export const encode = (change: Change): EncodedChange => {
  const { userId, entries, erasure } = change;
  return { userId, values: valuesOf(change), ...(entries && { entries }), ...(erasure && { erasure }) };
};

const valuesOf = ({ expected, next, least, greatest }: Change): EncodedChange["values"] => {
  const wanted = expected === 0 && least !== undefined && least !== next?.version ? -least : expected;
  if (next) return toValues(wanted, next);
  const removed = greatest ?? expected;
  return [wanted, null, "{}", "{}", "{}", "[]", removed, removed, 0];
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

/** Whether the journal has anything to keep of a change. */
export const hasLines = ({ entries, erasure }: Pick<Change, "entries" | "erasure">): boolean =>
  erasure !== undefined || (entries !== undefined && entries.length > 0);

/** An array of any texts as the server reads it. */
const textsOf = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;

/** The arrays that `recordStatement` binds beside: lines and erasures, each with the user of its change. */
export const lineColumnsOf = (changes: readonly EncodedChange[]): unknown[] => {
  const lines = changes.flatMap(({ userId, entries = [] }) => entries.map((line) => ({ ...line, userId })));
  const erased = changes.flatMap(({ userId, erasure }) => (erasure ? [{ ...erasure, userId }] : []));
  return [
    textsOf(lines.map(({ userId }) => userId)),
    textsOf(lines.map(({ subject }) => subject)),
    arrayOf(lines.map(({ version }) => version)),
    arrayOf(lines.map(({ at }) => at)),
    textsOf(lines.map(({ body }) => body)),
    textsOf(erased.map(({ userId }) => userId)),
    textsOf(erased.map(({ digest }) => digest)),
    arrayOf(erased.map(({ at }) => at)),
    textsOf(erased.map(({ body }) => body)),
  ];
};
